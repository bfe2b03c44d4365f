// Similar products on a product's page: <similar-products product="ID"></similar-products>
// `recsys strip` writes it. It reads one file beside this script, and sends nothing to anyone. See docs/own-shop.md.
(() => {
  if (customElements.get("similar-products")) return; // the page has this script twice
  const script = (document.currentScript ?? document.querySelector('script[src*="strip.js"]')).src;
  const HEADINGS = {
    en: "Similar products", de: "Ähnliche Produkte", hi: "मिलते-जुलते उत्पाद", fr: "Produits similaires",
    es: "Productos similares", it: "Prodotti simili",
  };

  // A style sheet made here needs no 'unsafe-inline' in a Content-Security-Policy. Font and colours are the page's.
  const style = new CSSStyleSheet();
  style.replaceSync(`
    :host { display: block; min-height: var(--similar-height, 22rem); container-type: inline-size; }
    :host([hidden]) { display: none !important; }
    h2 { margin: 0 0 .75rem; font-size: 1.25rem; line-height: 1.3; }
    ul { display: flex; gap: 1rem; margin: 0 -4px; padding: 4px; overflow-x: auto; list-style: none; }
    li { flex: 0 0 var(--similar-width, min(11rem, 42cqi)); }
    a { display: block; color: inherit; text-decoration: none; }
    a:is(:hover, :focus-visible) .name { text-decoration: underline; }
    a:focus-visible { outline: 2px solid; outline-offset: 2px; }
    .picture { display: block; aspect-ratio: var(--similar-ratio, 4 / 5); margin-bottom: .5rem; overflow: hidden;
               border-radius: 8px; background: #fff; }
    img { display: block; width: 100%; height: 100%; object-fit: contain; }
    .name, .price { display: block; font-size: .9rem; line-height: 1.5; }
    .name { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden;
            overflow-wrap: anywhere; }
    .price { font-weight: 600; }
    s { margin-inline-start: .5em; font-weight: 400; }
  `);

  // The path of a product's file: any id as a safe name, in one of 256 folders. `folder.py` does the same.
  function path(id) {
    let shard = 0, name = "";
    for (const byte of new TextEncoder().encode(id)) {
      const sign = String.fromCharCode(byte);
      shard = (31 * shard + byte) % 256;
      name += /[a-z0-9-]/.test(sign) ? sign : `=${hex(byte)}`;
    }
    return `products/${hex(shard)}/${name}.json`;
  }
  const hex = number => number.toString(16).padStart(2, "0");
  const address = path => new URL(path, script).href;

  // Nothing where the product has no file, where there is no network, and where a host sends another file instead.
  async function similar(id) {
    try {
      const answer = await fetch(address(path(id)), { priority: "low" });
      const found = answer.ok ? await answer.json() : {};
      return found.id === id ? found.similar : [];
    } catch {
      return [];
    }
  }

  // Data is set as text and properties, never as HTML.
  function make(tag, properties, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children.filter(Boolean));
    return element;
  }

  function money(amount, currency, language) {
    const options = currency && { style: "currency", currency, trailingZeroDisplay: "stripIfInteger" };
    return amount === undefined ? "" : amount.toLocaleString(language, options);
  }

  // The name stands in the same link, so a text for the picture would be read twice.
  function card({ name, link, picture, price, before, currency }, language) {
    const image = picture && make("img", { loading: "lazy", decoding: "async", alt: "", src: address(picture) });
    const old = before && make("s", { ariaHidden: "true" }, money(before, currency, language));
    return make("li", {}, make("a", { href: link },
      make("span", { className: "picture" }, image),
      make("span", { className: "name", dir: "auto" }, name),
      make("span", { className: "price" }, money(price, currency, language), old)));
  }

  customElements.define("similar-products", class extends HTMLElement {
    static observedAttributes = ["product"];

    async attributeChangedCallback() {
      const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [style];
      const id = this.getAttribute("product");
      const found = id ? await similar(id) : [];
      if (id !== this.getAttribute("product")) return; // the page has moved on to another product
      this.hidden = !found.length;
      const tag = this.closest("[lang]")?.lang ?? "";
      const language = /^[a-z]{2,3}(-[a-z]{2,8})*$/i.test(tag) ? tag : undefined;
      const heading = make("h2", { part: "heading" }, this.getAttribute("heading") ?? HEADINGS[tag.slice(0, 2)] ?? HEADINGS.en);
      const list = make("ul", { role: "list" }, ...found.map(product => card(product, language)));
      root.replaceChildren(...(found.length ? [heading, list] : []));
    }
  });
})();
