// How a box [left, top, right, bottom], in shares of the picture, is moved and resized.
const LEAST = 0.06; // of a box's width and height
const share = (value) => Math.min(1, Math.max(0, value));
const between = ([x, y], [u, v]) => [Math.min(x, u), Math.min(y, v), Math.max(x, u), Math.max(y, v)];
const isBox = ([left, top, right, bottom]) => right - left > 0.05 && bottom - top > 0.05;

// Which edges of a box a point holds: [-1, 0 or 1, -1, 0 or 1], [0, 0] for all of it, none outside of it. `reach` is how near.
const gripAt = ([left, top, right, bottom], [x, y], [reachX, reachY]) => {
  if (x < left - reachX || x > right + reachX || y < top - reachY || y > bottom + reachY) return undefined;
  const near = (at, low, high, reach) => (Math.abs(at - low) < reach ? -1 : Math.abs(at - high) < reach ? 1 : 0);
  return [near(x, left, right, reachX), near(y, top, bottom, reachY)];
};

// The box after these edges of it, or all of it, were moved by [x, y].
const dragged = ([left, top, right, bottom], [edgeX, edgeY], [x, y]) => {
  if (!edgeX && !edgeY) {
    const [byX, byY] = [Math.min(1 - right, Math.max(-left, x)), Math.min(1 - bottom, Math.max(-top, y))];
    return [left + byX, top + byY, right + byX, bottom + byY];
  }
  return [
    edgeX < 0 ? share(Math.min(left + x, right - LEAST)) : left,
    edgeY < 0 ? share(Math.min(top + y, bottom - LEAST)) : top,
    edgeX > 0 ? share(Math.max(right + x, left + LEAST)) : right,
    edgeY > 0 ? share(Math.max(bottom + y, top + LEAST)) : bottom,
  ];
};

