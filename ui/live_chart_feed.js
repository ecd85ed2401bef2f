// The feed: one WebSocket to the live route, folded into the curves of one run. It comes back when the server does.

const RETRY_MS = [250, 500, 1000, 2000, 4000];
const ENDED = 1000;
const NO_SUCH_RUN = 4404;
const FIRST_REFUSAL = 4000; // what cannot be read now may be read later, as when a disk was away

// Opens the feed of `address`; `onNews(feed)` follows every change of `feed.state`, `feed.connection`, `feed.reason`.
function openFeed(address, onNews) {
  const feed = { state: null, connection: "connecting", reason: "", close };
  let socket, timer;
  let failures = 0;

  function connect() {
    socket = new WebSocket(address);
    socket.onmessage = (event) => {
      failures = 0;
      feed.state = fold(feed.state, JSON.parse(event.data));
      tell("open", "");
    };
    socket.onclose = (event) => {
      if (event.code === ENDED) return tell("ended", "");
      if (event.code === NO_SUCH_RUN) return tell("refused", event.reason);
      timer = setTimeout(connect, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
      if (event.code >= FIRST_REFUSAL) tell("refused", event.reason);
      else tell("retrying", "The connection is lost. Trying again…");
    };
  }

  function tell(connection, reason) {
    Object.assign(feed, { connection, reason });
    onNews(feed);
  }

  function close() {
    clearTimeout(timer);
    socket.onmessage = socket.onclose = null;
    socket.close();
  }

  connect();
  return feed;
}

// The state after `message`. In an append, each curve's points take the place of those from position `from` on.
function fold(state, message) {
  const curves = message.type === "snapshot" || !state ? {} : state.curves;
  for (const [name, told] of Object.entries(message.curves)) {
    const curve = (curves[name] ??= { x: [], y: [], seconds: [], mean: [] });
    curve.size = told.size;
    const kept = firstAtLeast(curve.x, told.from);
    for (const part of ["x", "y", "seconds"]) replaceTail(curve[part], kept, told[part]);
    if (told.mean) replaceTail(curve.mean, told.from / told.size, told.mean);
  }
  return { curves, sides: message.sides, difference: message.difference, ended: message.ended };
}

function replaceTail(array, kept, tail) {
  array.length = kept;
  for (const value of tail) array.push(value);
}

function firstAtLeast(sorted, value) {
  let index = sorted.length;
  while (index > 0 && sorted[index - 1] >= value) index--;
  return index;
}
