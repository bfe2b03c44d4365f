// Makes a picture small and sends it. picture.js has the parts of the page.
// An encoder looks at 128 to 224 px of a picture, or of a part of it. 80 kB take 0.65 s at 1 Mb/s.
const [LONGEST, MOST_BYTES, QUALITIES] = [1024, 80_000, [0.8, 0.65, 0.5]];
const MOST_KEPT = 750_000; // bytes of a picture that is kept until it is answered
const RETRY_MS = 2000;

// Its copy as a JPEG of at most 1,024 px, upright and without the place where it was taken. A file that the browser cannot
// open goes as it is: the server opens more formats, and says what is wrong with the rest.
const small = async (picture) => {
  const bitmap = await createImageBitmap(picture, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  if (scale === 1 && picture.type === "image/png") return picture;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.max(1, bitmap.width * scale), Math.max(1, bitmap.height * scale)].map(Math.round);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  let blob;
  for (const quality of QUALITIES) {
    blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
    if (!blob || blob.size <= MOST_BYTES) break;
  }
  return blob ? new File([blob], "picture.jpg", { type: "image/jpeg" }) : picture;
};

// The address of a route of Gradio.
const addressOf = (route) => {
  const { root = "", api_prefix = "/gradio_api" } = window.gradio_config ?? {};
  return `${root}${api_prefix}/${route}`;
};

const send = (picture) =>
  new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    const form = new FormData();
    form.append("files", picture, picture.name || "picture");
    const bar = find("progress");
    request.upload.onprogress = ({ loaded, total }) => (bar.value = loaded / total);
    request.onload = () => (request.status === 200 ? done(JSON.parse(request.responseText)[0]) : fail(request));
    request.onerror = () => fail(request);
    request.open("POST", addressOf("upload"));
    bar.value = 0;
    request.send(form);
  });

// Without a connection, the picture is sent when that is back.
const isServerThere = () => fetch(addressOf("app_id")).then(({ ok }) => ok, () => false);
const sendOnce = async (picture, turn) => {
  for (let isThere = false; ; ) {
    try {
      return await send(picture);
    } catch (request) {
      if (request.status || isThere) throw request;
      if (turn === given) complain(say("There is no connection. The picture is sent when it is back."));
      while (!isThere && turn === given) {
        await new Promise((done) => setTimeout(done, RETRY_MS));
        isThere = await isServerThere();
      }
      if (turn !== given) throw request;
    }
  }
};

const copyOf = (picture) =>
  new Promise((done) => {
    if (picture.size > MOST_KEPT) return done("");
    const reader = Object.assign(new FileReader(), { onload: () => done(reader.result), onerror: () => done("") });
    reader.readAsDataURL(picture);
  });

const refusal = (request) => {
  try {
    const { detail, error } = JSON.parse(request.responseText);
    return String(error ?? detail);
  } catch {
    if (request.status && request.getResponseHeader("content-type")?.startsWith("text/plain")) return request.responseText;
    return say("The picture could not be sent. Check the connection and try again.");
  }
};

