"""A visitor without a browser: Streamlit's own protocol, over its websocket.

Source: the messages of `streamlit.proto` and what the browser's part of Streamlit 1.67 does with
them: it keeps large messages and names them instead of getting them again, fetches pictures once,
asks for an address before it uploads a file, and reruns fragments that wait for something.
"""

import asyncio
import http.client
import itertools
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

PATIENCE = 60  # seconds that a visitor waits for a page
MAX_AGE = 2  # page runs that the browser keeps a message which is not drawn (Streamlit's default)
BOUNDARY = "a-boundary-that-no-photo-holds-5f0c"
# Fields of an element that hold text which a visitor reads.
TEXTS = {"markdown": "body", "heading": "body", "alert": "body", "text": "body"}


class VisitError(Exception):
    """Something a visitor would call broken; the message says what."""


@dataclass(frozen=True)
class Drawn:
    """One element on the page, and the run and the fragment that drew it."""

    element: Element
    run: str
    fragment: str = ""


@dataclass
class Step:
    """One thing that a visitor did. `seconds` is from asking to the end of the last run of the page
    that it caused; `error` is empty where the page was in order."""

    name: str
    seconds: float
    error: str = ""


@dataclass
class Page:
    """What the server has drawn: elements by their place, and what belongs to the page itself."""

    elements: dict[tuple[int, ...], Drawn] = field(default_factory=dict)
    run: str = ""
    fragments: tuple[str, ...] = ()

    def begin(self, run, fragments):
        self.run, self.fragments = run, fragments

    def draw(self, path, delta):
        if delta.WhichOneof("type") == "new_element":
            self.elements[path] = Drawn(delta.new_element, self.run, delta.fragment_id)
        elif delta.WhichOneof("type") == "add_block":
            self.elements.pop(path, None)  # a block stands where an element stood

    def end(self):
        """Drop what this run did not draw again; a fragment's run drops its own only."""
        self.elements = {
            path: drawn
            for path, drawn in self.elements.items()
            if drawn.run == self.run or (self.fragments and drawn.fragment not in self.fragments)
        }

    def of(self, kind):
        """The elements of one kind, such as `heading`, in the order of their places."""
        return [
            getattr(drawn.element, kind)
            for _, drawn in sorted(self.elements.items())
            if drawn.element.WhichOneof("type") == kind
        ]

    @property
    def texts(self):
        """Everything that stands on the page to be read, in the order of its place."""
        texts = []
        for _, drawn in sorted(self.elements.items()):
            kind = drawn.element.WhichOneof("type")
            if kind in TEXTS:
                texts.append(getattr(getattr(drawn.element, kind), TEXTS[kind]))
        return texts

    @property
    def title(self):
        """The heading of the first order, without what may stand beside it."""
        return next((found.body for found in self.of("heading") if found.tag == "h1"), "")

    @property
    def answer(self):
        """The heading that is an answer to a photo, or nothing."""
        return next((found.body for found in self.of("heading") if found.tag == "h2"), "")

    @property
    def pictures(self):
        """Addresses of the pictures that the server keeps, which a browser would fetch."""
        return [image.url for images in self.of("imgs") for image in images.imgs]

    @property
    def error(self):
        """What says on the page that something broke, or nothing."""
        for broken in self.of("exception"):
            return f"{broken.type}: {broken.message}"
        for alert in self.of("alert"):
            if alert.format == Alert.ERROR:
                return alert.body
        return ""


class Visitor:
    """One visit. Use it as `async with Visitor(address) as visitor`, and open a page first.

    Args:
        address: of the server, such as http://localhost:8501.
        fetches: whether pictures are fetched, as a browser does.
        patience: seconds it waits for a page.
    """

    def __init__(self, address, fetches=True, patience=PATIENCE):
        self.address = urlsplit(address)
        self.patience = patience
        self.fetches = fetches
        self.page = Page()
        self.page_runs = 0
        self.session = ""
        self.pictures = {}  # by address: a browser fetches each once
        self._cookies = SimpleCookie()
        self._connection = None
        self._socket = self._reader = None
        self._kept, self._ages = {}, {}
        self._query, self._path, self._page_hash = "", "", ""
        self.pages = {}  # hashes of the pages in the navigation, by path
        self._reads = asyncio.Event()
        self._reads.set()
        self._waiting = None  # the future of the run that was asked for
        self._is_fragment = self._has_begun = False
        self._urls = {}
        self._numbers = itertools.count(1)
        self._reruns = {}
        self._closed = ""

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.leave()

    async def leave(self):
        """Close the tab."""
        self._stop_reruns()
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            self._reader.cancel()
            with suppress(asyncio.CancelledError):
                await self._reader
        if self._connection is not None:
            self._connection.close()

    async def open(self, path="", query=""):
        """Open the app in a new tab, at a page, and wait until it is drawn.

        Args:
            path: of the page, such as `training`; empty for the first one.
            query: what stands behind the question mark.
        """
        started = time.perf_counter()
        self._path, self._query = path, query
        for needed in ("", "_stcore/health", "_stcore/host-config"):
            await self.get(f"/{needed}")
        token = self._cookies["_streamlit_xsrf"].value
        self._socket = await connect(
            f"ws://{self.address.netloc}/_stcore/stream",
            origin=f"http://{self.address.netloc}",
            subprotocols=["streamlit", token],
            additional_headers={"Cookie": self._cookie_header()},
            compression=None,
            max_size=None,
            proxy=None,
        )
        self._reader = asyncio.create_task(self._read())
        await self._rerun_and_wait(page_name=path)
        return await self._step(f"open {path or 'first page'}", started)

    async def go(self, path):
        """Click a page in the navigation, and wait until it is drawn."""
        started = time.perf_counter()
        if path not in self.pages:
            raise VisitError(f"There is no page {path} in the navigation")
        self._stop_reruns()
        self._query = ""
        await self._rerun_and_wait(page=self.pages[path])
        return await self._step(f"go to {path or 'first page'}", started)

    async def click(self, label):
        """Click a button, and wait until the page is drawn."""
        started = time.perf_counter()
        button, fragment = self._widget("button", label)
        await self._rerun_and_wait(fragment=fragment, values=[(button.id, "trigger_value", True)])
        return await self._step(f"click {label}", started)

    async def choose(self, label, option):
        """Choose an option of a list, and wait until the page is drawn."""
        started = time.perf_counter()
        box, fragment = self._widget("selectbox", label)
        await self._rerun_and_wait(fragment=fragment, values=[(box.id, "string_value", option)])
        return await self._step(f"choose {option}", started)

    async def upload(self, name, data):
        """Drop a file on the page, and wait until the page is drawn."""
        started = time.perf_counter()
        await self.send_file(name, data)
        return await self._step("upload", started)

    async def send_file(self, name, data):
        """As `upload`, without a look at the page."""
        uploader = self.page.of("file_uploader")
        if not uploader:
            raise VisitError("There is nothing to drop a file on")
        urls = await self._file_urls(name)
        body = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: image/jpeg\r\n\r\n"
        ).encode()
        body += data + f"\r\n--{BOUNDARY}--\r\n".encode()
        headers = {
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "X-Xsrftoken": self._cookies["_streamlit_xsrf"].value,
        }
        status, _ = await self._request("PUT", urls.upload_url, body, headers)
        if status != 204:
            raise VisitError(f"The upload was answered with status {status}")

        def fill(state):
            file = state.file_uploader_state_value.uploaded_file_info.add()
            file.name, file.size, file.file_id = name, len(data), urls.file_id
            file.file_urls.CopyFrom(urls)

        await self._rerun_and_wait(values=[(uploader[0].id, fill, None)])

    async def get(self, path):
        """The body of a GET; raises VisitError where it is not answered with 200."""
        status, body = await self._request("GET", path)
        if status != 200:
            raise VisitError(f"{path} was answered with status {status}")
        return body

    async def ask(self, **changes):
        """Ask for a run of the page without waiting for it; args as `_rerun` takes them."""
        await self._rerun(**changes)

    def pause(self):
        """Read nothing from now on, as a computer that is too slow, or asleep."""
        self._reads.clear()

    def resume(self):
        """Read again."""
        self._reads.set()

    def has(self, label):
        """Whether a button of this label is on the page."""
        return any(found.label == label for found in self.page.of("button"))

    async def _step(self, name, started):
        step = Step(name, time.perf_counter() - started, self.page.error)
        if self.fetches:
            for url in self.page.pictures:
                if url.startswith("/media/") and url not in self.pictures:
                    self.pictures[url] = await self.get(url)
        return step

    def _widget(self, kind, label):
        for _, drawn in sorted(self.page.elements.items()):
            if drawn.element.WhichOneof("type") == kind:
                found = getattr(drawn.element, kind)
                if found.label == label:
                    return found, drawn.fragment
        raise VisitError(f"There is no {kind} {label} on the page")

    async def _rerun_and_wait(self, **changes):
        if self._closed:
            raise VisitError(self._closed)
        self._waiting = asyncio.get_running_loop().create_future()
        self._is_fragment, self._has_begun = bool(changes.get("fragment")), False
        try:
            await self._rerun(**changes)
            await asyncio.wait_for(self._waiting, self.patience)
        except TimeoutError:
            raise VisitError(f"The page was not drawn within {self.patience} s") from None
        except ConnectionClosed as error:
            raise VisitError(f"The connection was closed: {error}") from error
        finally:
            self._waiting = None

    async def _rerun(self, page=None, page_name="", fragment="", values=(), is_automatic=False):
        """Ask for a run of the page.

        Args:
            page: hash of another page; None for this one.
            page_name: of a deep link, before any hash is known.
            fragment: id of the fragment that alone is to run.
            values: (widget's id, field of its state, value), or a function that fills the state.
            is_automatic: nobody clicked.
        """
        message = BackMsg()
        state = message.rerun_script
        state.query_string = self._query
        state.page_script_hash = self._page_hash if page is None else page
        state.page_name = page_name
        state.fragment_id = fragment
        state.is_auto_rerun = is_automatic
        state.cached_message_hashes.extend(self._kept)
        state.context_info.url = f"{self.address.geturl().rstrip('/')}/{self._path}"
        state.context_info.timezone = "Europe/Berlin"
        state.context_info.locale = "en-US"
        state.widget_states.SetInParent()
        for widget, kind, value in values:
            widget_state = state.widget_states.widgets.add(id=widget)
            if callable(kind):
                kind(widget_state)
            else:
                setattr(widget_state, kind, value)
        await self._socket.send(message.SerializeToString())

    async def _file_urls(self, name):
        message = BackMsg()
        asked = message.file_urls_request
        asked.request_id = str(next(self._numbers))
        asked.file_names.append(name)
        asked.session_id = self.session
        answer = self._urls[asked.request_id] = asyncio.get_running_loop().create_future()
        await self._socket.send(message.SerializeToString())
        return (await asyncio.wait_for(answer, self.patience)).file_urls[0]

    async def _read(self):
        try:
            async for data in self._socket:
                self._take(ForwardMsg.FromString(data))
                await self._reads.wait()
            self._break("The server closed the connection")
        except ConnectionClosed as error:
            self._break(f"The connection was closed: {error}")
        except Exception as error:
            self._break(f"{type(error).__name__}: {error}")
            raise

    def _break(self, reason):
        self._closed = reason
        self._stop_reruns()
        for future in (self._waiting, *self._urls.values()):
            if future is not None and not future.done():
                future.set_exception(VisitError(reason))

    def _take(self, message):
        kind = message.WhichOneof("type")
        metadata = message.metadata
        if kind == "ref_hash":
            message = self._kept[message.ref_hash]
            kind = message.WhichOneof("type")
        elif metadata.cacheable:
            self._kept[message.hash] = message
        if message.hash in self._kept:
            self._ages[message.hash] = 0
        if kind == "parent_message":
            for part in message.parent_message.messages:
                self._take(part)
        elif kind == "new_session":
            self._begin(message.new_session, metadata.run)
        elif kind == "delta":
            self.page.draw(tuple(metadata.delta_path), message.delta)
        elif kind == "navigation":
            self.pages = {
                page.url_pathname: page.page_script_hash for page in message.navigation.app_pages
            }
            self._page_hash = message.navigation.page_script_hash
            paths = {page_hash: path for path, page_hash in self.pages.items()}
            self._path = paths.get(self._page_hash, self._path)
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            self._rerun_every(message.auto_rerun.interval, message.auto_rerun.fragment_id)
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self._stop_rerun(fragment)
        elif kind == "file_urls_response":
            answer = self._urls.pop(message.file_urls_response.response_id)
            answer.set_result(message.file_urls_response)
        elif kind == "script_finished":
            self._end(message.script_finished)
        elif kind in ("page_not_found", "auth_redirect"):
            self._break(f"The server said {kind}")

    def _begin(self, session, run):
        self.session = session.initialize.session_id or self.session
        fragments = tuple(run.fragment_ids)
        self.page.begin(run.script_run_id, fragments)
        if not fragments:
            self._stop_reruns()
        if not fragments or self._is_fragment:
            self._has_begun = True

    def _end(self, how):
        if how == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            return  # another run of the same page follows
        self.page.end()
        if not self.page.fragments:
            self.page_runs += 1
            for key in list(self._ages):
                self._ages[key] += 1
                if self._ages[key] > MAX_AGE:
                    del self._ages[key], self._kept[key]
        if self._has_begun and self._waiting is not None and not self._waiting.done():
            if how == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                self._waiting.set_exception(VisitError("The page can't be compiled"))
            else:
                self._waiting.set_result(None)

    def _rerun_every(self, seconds, fragment):
        async def repeat():
            while True:
                await asyncio.sleep(seconds)
                with suppress(ConnectionClosed):
                    await self._rerun(fragment=fragment, is_automatic=True)

        self._stop_rerun(fragment)
        self._reruns[fragment] = asyncio.create_task(repeat())

    def _stop_rerun(self, fragment):
        if fragment in self._reruns:
            self._reruns.pop(fragment).cancel()

    def _stop_reruns(self):
        for fragment in list(self._reruns):
            self._stop_rerun(fragment)

    def _cookie_header(self):
        return "; ".join(f"{key}={cookie.value}" for key, cookie in self._cookies.items())

    async def _request(self, method, path, body=None, headers=()):
        return await asyncio.to_thread(self._request_now, method, path, body, dict(headers))

    def _request_now(self, method, path, body, headers):
        """One request over the visitor's connection; a second try where the server closed it."""
        if self._cookies:
            headers["Cookie"] = self._cookie_header()
        for is_last in (False, True):
            if self._connection is None:
                self._connection = http.client.HTTPConnection(
                    self.address.netloc, timeout=self.patience
                )
            try:
                self._connection.request(method, path, body, headers)
                response = self._connection.getresponse()
                content = response.read()
                break
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                self._connection = None
                if is_last:
                    raise VisitError(f"{method} {path}: {error!r}") from error
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                self._cookies.load(value)
        return response.status, content
