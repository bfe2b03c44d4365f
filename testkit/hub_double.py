"""A stand-in Hugging Face Hub on 127.0.0.1, in memory, so that tests speak real HTTP with no network.

The real clients (huggingface_hub, datasets, timm) talk to it once HF_ENDPOINT names it. It keeps models and datasets
with commits and branches, private and gated repositories, LFS uploads, range downloads, and redirects of large files
to a second origin (the "CDN"). Xet is not spoken.

    hub.seed("datasets", "me/shop", {"README.md": b"..."})     a commit without HTTP; gives its id
    hub.fault("GET /cdn/", "truncate", times=1)                the next such answer breaks off half-way
    hub.requests                                               "METHOD /path" of every request so far

Tokens: hf_test (user me, may write anywhere), hf_read (user me, may only read), hf_other (user other).
"""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import itertools
import json
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import yaml

TOKENS = {"hf_test": ("me", "admin"), "hf_read": ("me", "read"), "hf_other": ("other", "write")}
LFS_NAMES = ("*.ann", "*.bin", "*.jpg", "*.parquet", "*.png", "*.safetensors", "*.webp")
FOLDER = {"type": "directory", "oid": "0" * 40, "size": 0}
CHUNK = 1 << 16
FAULTS = ("status", "slow", "drop", "lost", "truncate", "corrupt", "stall", "trickle")


class Refusal(Exception):
    """An answer other than 2xx: status, X-Error-Code, X-Error-Message."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, dict(headers or {})


@dataclass(frozen=True)
class File:
    """A file of a commit. Its git id is that of the content or, with LFS, of the pointer to it."""

    data: bytes
    lfs: bool

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def oid(self) -> str:
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {len(self.data)}\n"
        content = pointer.encode() if self.lfs else self.data
        return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()

    def listing(self, path: str) -> dict[str, Any]:
        lfs = {"lfs": {"oid": self.sha256, "size": len(self.data), "pointerSize": 130}} if self.lfs else {}
        return {"type": "file", "path": path, "oid": self.oid, "size": len(self.data)} | lfs


@dataclass
class Repo:
    """A repository of the stand-in Hub: commits by branch, and whether it is private or gated."""

    id: str
    private: bool = False
    gated: bool = False
    branches: dict[str, str] = field(default_factory=dict)
    commits: dict[str, dict[str, File]] = field(default_factory=dict)
    titles: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)

    def commit(self, branch: str, files: Mapping[str, File], title: str) -> str:
        """A new head of the branch; returns its id."""
        sha = hashlib.sha1(f"{self.id} {branch} {len(self.titles)} {title}".encode()).hexdigest()
        self.commits[sha], self.branches[branch] = dict(files), sha
        self.titles.append(title)
        return sha

    def resolve(self, revision: str) -> str:
        sha = self.branches.get(revision, revision)
        if sha not in self.commits:
            raise Refusal(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return sha


def is_lfs(path: str) -> bool:
    return any(fnmatch.fnmatch(path, name) for name in LFS_NAMES)


API = r"/api/(models|datasets|spaces)/([^/]+/[^/]+)"  # as in an API call
WEB = r"/(?:(datasets|spaces)/)?([^/]+/[^/]+?)"  # as in the address of a file
ROUTES: list[tuple[list[str], re.Pattern[str], Callable[..., None]]] = []


def route(methods: str, pattern: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    def register(function: Callable[..., None]) -> Callable[..., None]:
        ROUTES.append((methods.split("|"), re.compile(pattern), function))
        return function

    return register


class Handler(BaseHTTPRequestHandler):
    """One connection, of the Hub itself or of its CDN."""

    protocol_version, disable_nagle_algorithm = "HTTP/1.1", True
    server: Listener

    def handle_any(self) -> None:
        self.url, self.hub = urlsplit(self.path), self.server.hub
        self.query = {name: values[0] for name, values in parse_qs(self.url.query).items()}
        self.content = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.hub.requests.append(f"{self.command} {self.path}")
        self.fault = self.hub.take_fault(f"{self.command} {self.path}")
        try:
            self.misbehave()
            self.identify()
            for methods, pattern, function in ROUTES:
                match = pattern.fullmatch(self.url.path)
                if match and self.command in methods:
                    return function(self, *(group and unquote(group) for group in match.groups()))
            raise Refusal(404, "", f"The stand-in does not know {self.command} {self.url.path}")
        except Refusal as error:
            named = {"X-Error-Code": error.code, "X-Error-Message": error.message.replace("\n", " ")}
            headers = error.headers | {key: value for key, value in named.items() if value}
            self.reply({"error": error.message}, error.status, headers)
        except ConnectionError:
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = handle_any

    def misbehave(self) -> None:
        kind = self.fault.get("kind")
        if kind == "slow":
            self.hub.pause(self.fault["delay"])
        elif kind == "drop":
            raise ConnectionError("dropped on purpose")
        elif kind == "status":
            raise Refusal(self.fault["status"], "", "Fault injected", self.fault["headers"])

    def identify(self) -> None:
        header = self.headers.get("authorization")
        self.user, self.role = None, ""
        if header and self.server.cdn:
            raise Refusal(400, "", "A token must not be sent to the CDN")
        if header:
            token = header.removeprefix("Bearer ")
            if token not in TOKENS:
                raise Refusal(401, "", "Invalid credentials in Authorization header")
            self.user, self.role = TOKENS[token]

    def start(self, status: int, headers: Mapping[str, object]) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, str(value))
        self.end_headers()

    def reply(self, data: object = None, status: int = 200, headers: Mapping[str, object] | None = None) -> None:
        if self.fault.get("kind") == "lost":
            self.close_connection = True
            return
        payload = b"" if data is None else json.dumps(data).encode()
        length = {"Content-Type": "application/json", "Content-Length": len(payload)}
        self.start(status, {**(headers or {}), **length})
        if self.command != "HEAD":
            self.wfile.write(payload)

    def send_file(self, data: bytes, headers: Mapping[str, object]) -> None:
        status, begin, end = 200, 0, len(data)
        if wanted := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range") or ""):
            begin, end = int(wanted[1]), min(len(data), int(wanted[2] or len(data)) + 1)
            status, headers = 206, {**headers, "Content-Range": f"bytes {begin}-{end - 1}/{len(data)}"}
        self.start(status, {**headers, "Content-Length": end - begin, "Accept-Ranges": "bytes"})
        if self.command != "HEAD":
            for piece in self.pieces(data[begin:end]):
                self.wfile.write(piece)

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """A file's body, as the fault has it."""
        kind, delay = self.fault.get("kind"), self.fault.get("delay", 0.0)
        if kind == "corrupt":
            data = bytes([data[0] ^ 0xFF]) + data[1:]
        if kind in ("truncate", "stall"):
            self.close_connection, data = True, data[: len(data) // 2]
        for at in range(0, len(data), CHUNK):
            yield data[at : at + CHUNK]
            if kind in ("truncate", "trickle"):
                self.hub.pause(delay)
        if kind == "stall":
            self.hub.pause(delay)

    def log_message(self, form: str, *args: object) -> None:
        pass

    # ---- repositories

    def open(self, kind: str | None, repo_id: str, write: bool = False, content: bool = False) -> Repo:
        """The repository, if this user may see it (write to it, read its content)."""
        repo = self.hub.repos.get((kind or "models", repo_id))
        ours = self.role == "admin" or self.user == repo_id.split("/")[0]
        if repo is None or (repo.private and not ours):
            raise Refusal(404 if self.user else 401, "RepoNotFound", "Repository not found")
        if content and repo.gated and not ours:
            raise Refusal(403 if self.user else 401, "GatedRepo", f"Access to {repo_id} is restricted")
        if write:
            self.require_write(repo_id)
        return repo

    def require_write(self, repo_id: str) -> None:
        if self.user is None:
            raise Refusal(401, "", "Invalid username or password.")
        if not (self.role == "admin" or (self.role == "write" and self.user == repo_id.split("/")[0])):
            raise Refusal(403, "", f"You don't have the rights to write to {repo_id}")

    @route("GET", r"/api/whoami-v2")
    def whoami(self) -> None:
        if not self.user:
            raise Refusal(401, "", "Invalid username or password.")
        self.reply({"type": "user", "name": self.user})

    @route("POST", r"/api/repos/create")
    def create(self) -> None:
        data = json.loads(self.content)
        kind, repo_id = data.get("type", "model") + "s", f"{data.get('organization') or self.user}/{data['name']}"
        self.require_write(repo_id)
        status = 409 if (kind, repo_id) in self.hub.repos else 200
        self.hub.repo(kind, repo_id, private=data.get("visibility") == "private")
        self.reply({"url": f"{self.hub.url}/{kind}/{repo_id}", "name": repo_id, "id": repo_id}, status)

    @route("POST", r"/api/spaces/([^/]+/[^/]+)/variables")
    def set_variable(self, repo_id: str) -> None:
        repo, data = self.open("spaces", repo_id, write=True), json.loads(self.content)
        repo.variables[data["key"]] = data["value"]
        self.reply({name: {"value": value} for name, value in repo.variables.items()})

    @route("GET", API + r"(?:/revision/([^/]+))?")
    def repo_info(self, kind: str, repo_id: str, revision: str | None) -> None:
        repo = self.open(kind, repo_id)
        sha = repo.resolve(revision or "main")
        names = [{"rfilename": path} for path in sorted(repo.commits[sha])]
        info = {"id": repo_id, "sha": sha, "private": repo.private, "gated": repo.gated, "disabled": False}
        info |= {"downloads": 0, "likes": 0, "tags": [], "siblings": names}
        self.reply(info)

    @route("GET", API + r"/tree/([^/]+)(?:/(.+))?")
    def tree(self, kind: str, repo_id: str, revision: str, folder: str | None) -> None:
        repo = self.open(kind, repo_id)
        files, prefix = repo.commits[repo.resolve(revision)], folder.strip("/") + "/" if folder else ""
        if self.query.get("recursive", "").lower() == "true":
            paths = {path for path in files if path.startswith(prefix)}
        else:
            paths = {prefix + path[len(prefix) :].split("/")[0] for path in files if path.startswith(prefix)}
        if prefix and not paths:
            raise Refusal(404, "EntryNotFound", f"{folder} does not exist on {revision}")
        self.reply([files[path].listing(path) if path in files else FOLDER | {"path": path} for path in sorted(paths)])

    @route("HEAD|GET", WEB + r"/resolve/([^/]+)/(.+)")
    def resolve_file(self, kind: str | None, repo_id: str, revision: str, path: str) -> None:
        repo = self.open(kind, repo_id, content=True)
        sha = repo.resolve(revision)
        file, headers = repo.commits[sha].get(path), {"X-Repo-Commit": sha}
        if file is None:
            raise Refusal(404, "EntryNotFound", f"{path} not found in {repo_id}", headers)
        if file.lfs:
            headers |= {"X-Linked-Etag": f'"{file.sha256}"', "X-Linked-Size": str(len(file.data))}
            headers["Location"] = f"{self.hub.cdn_url}/cdn/{file.sha256}/{quote(path)}"
            self.hub.blobs[file.sha256] = file.data
            self.reply(None, 302, headers)
        else:
            self.send_file(file.data, headers | {"ETag": f'"{file.oid}"'})

    @route("HEAD|GET", r"/cdn/([0-9a-f]{64})/.+")
    def cdn_file(self, sha256: str) -> None:
        self.send_file(self.hub.blobs[sha256], {"ETag": f'"{sha256}"'})

    # ---- uploads: validate-yaml, preupload, LFS batch and PUT, commit

    @route("POST", r"/api/validate-yaml")
    def validate_yaml(self) -> None:
        front = re.match(r"\s*---\r?\n(.*?)\r?\n---", json.loads(self.content)["content"], re.DOTALL)
        try:
            yaml.safe_load(front[1] if front else "")
            self.reply({"errors": [], "warnings": []})
        except yaml.YAMLError as error:
            self.reply({"errors": [{"message": str(error)}], "warnings": []}, 400)

    @route("POST", API + r"/preupload/([^/]+)")
    def preupload(self, kind: str, repo_id: str, revision: str) -> None:
        repo, answer = self.open(kind, repo_id, write=True), []
        present = repo.commits[repo.resolve(revision)]
        for path in (file["path"] for file in json.loads(self.content)["files"]):
            old = present.get(path)
            answer.append({"path": path, "uploadMode": "lfs" if is_lfs(path) else "regular", "shouldIgnore": False})
            answer[-1] |= {"oid": old.sha256 if old.lfs else old.oid} if old else {}
        self.reply({"files": answer})

    @route("POST", WEB + r"\.git/info/lfs/objects/batch")
    def lfs_batch(self, kind: str | None, repo_id: str) -> None:
        self.open(kind, repo_id, write=True)
        objects = [{"oid": wanted["oid"], "size": wanted["size"]} for wanted in json.loads(self.content)["objects"]]
        for item in objects:
            if item["oid"] not in self.hub.blobs:
                item["actions"] = {"upload": {"href": f"{self.hub.url}/lfs/{item['oid']}"}}
        self.reply({"transfer": "basic", "objects": objects})

    @route("PUT", r"/lfs/([0-9a-f]{64})")
    def lfs_put(self, sha256: str) -> None:
        if hashlib.sha256(self.content).hexdigest() != sha256:
            raise Refusal(400, "", "The content does not have this sha256")
        self.hub.blobs[sha256] = self.content
        self.reply({})

    @route("POST", API + r"/commit/([^/]+)")
    def commit(self, kind: str, repo_id: str, revision: str) -> None:
        lines = [json.loads(line) for line in self.content.splitlines()]
        with self.hub.lock:
            repo = self.open(kind, repo_id, write=True)
            head = repo.resolve(revision)
            header, files = lines[0]["value"], dict(repo.commits[head])
            if not head.startswith(header.get("parentCommit", "")):
                raise Refusal(412, "", "A commit has happened since. Please refresh and try again.")
            for line in lines[1:]:
                path, what = line["value"]["path"], line["key"]
                if what == "file":
                    files[path] = File(base64.b64decode(line["value"]["content"]), lfs=False)
                elif what == "lfsFile":
                    files[path] = File(self.hub.blobs[line["value"]["oid"]], lfs=True)
                elif files.pop(path, None) is None:
                    raise Refusal(404, "EntryNotFound", "A file with this name doesn't exist")
            sha = repo.commit(revision, files, header["summary"])
        self.reply({"success": True, "commitOid": sha, "commitUrl": f"{self.hub.url}/{kind}/{repo_id}/commit/{sha}"})


class Listener(ThreadingHTTPServer):
    """The HTTP server, with a backlog large enough for parallel uploads."""

    daemon_threads, request_queue_size = True, 64

    def __init__(self, hub: HubDouble, port: int, cdn: bool) -> None:
        self.hub, self.cdn, self.connections = hub, cdn, set[Any]()
        super().__init__(("127.0.0.1", port), Handler)

    def process_request(self, request: Any, address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a client that hung up
            super().handle_error(request, address)


class HubDouble:
    """The server. Its address and repositories outlive a stop, for tests of an outage."""

    def __init__(self) -> None:
        self.port = self.cdn_port = 0
        self.lock, self.over = threading.Lock(), threading.Event()
        self.listeners: list[Listener] = []
        self.repos: dict[tuple[str, str], Repo] = {}
        self.blobs: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.faults: list[dict[str, Any]] = []
        self.numbers = itertools.count(1)

    def start(self) -> None:
        if self.listeners:
            return
        self.listeners = [Listener(self, self.port, cdn=False), Listener(self, self.cdn_port, cdn=True)]
        self.port, self.cdn_port = (listener.server_address[1] for listener in self.listeners)
        self.url, self.cdn_url = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.cdn_port}"
        for listener in self.listeners:
            threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Stop listening and cut what is connected, as a machine that goes down does."""
        for listener in self.listeners:
            listener.shutdown()
            listener.server_close()
            for connection in list(listener.connections):
                listener.shutdown_request(connection)
        self.listeners = []

    def pause(self, seconds: float) -> None:
        """Sleep, until the next `reset` at most."""
        self.over.wait(seconds)

    def reset(self) -> None:
        """A healthy Hub: running, without faults, with an empty log. Repositories stay."""
        self.over.set()
        self.over = threading.Event()
        self.faults.clear()
        self.requests.clear()
        self.start()

    def new_name(self) -> str:
        """A repository name that no other test uses."""
        return f"me/shop-{next(self.numbers)}"

    def fault(self, match: str, kind: str, times: int = 1, **options: Any) -> None:
        """Break the next `times` requests (-1: all) whose "METHOD /path" starts as the pattern `match` says.

        kind: status (answer `status`, 503, with `headers`), slow (wait `delay` seconds first), drop (hang up without
        an answer), lost (do it, and hang up without an answer); of a file's body: corrupt (right length, wrong bytes),
        stall (stop half-way for `delay` seconds), trickle (`delay` seconds after every 64 KiB), truncate (the same,
        and hang up half-way).
        """
        if kind not in FAULTS:
            raise ValueError(f"kind must be one of {FAULTS}")
        usual = {"status": 503, "headers": {}, "delay": 30.0 if kind in ("slow", "stall") else 0.0}
        self.faults.append({"match": match, "kind": kind, "times": times, **usual, **options})

    def take_fault(self, request: str) -> dict[str, Any]:
        with self.lock:
            for fault in self.faults:
                if fault["times"] and re.match(fault["match"], request):
                    fault["times"] -= fault["times"] > 0
                    return fault
        return {}

    def repo(self, kind: str, repo_id: str, **options: Any) -> Repo:
        """The repository, made with its first commit where it is missing."""
        if (kind, repo_id) not in self.repos:
            repo = self.repos[kind, repo_id] = Repo(repo_id, **options)
            attributes = "".join(f"{name} filter=lfs diff=lfs merge=lfs -text\n" for name in LFS_NAMES)
            repo.commit("main", {".gitattributes": File(attributes.encode(), lfs=False)}, "initial commit")
        return self.repos[kind, repo_id]

    def seed(self, kind: str, repo_id: str, files: Mapping[str, bytes], *, branch: str = "main", **options: Any) -> str:
        """Commit these files on top of what is there, without HTTP; kind is models or datasets. Returns the commit."""
        repo = self.repo(kind, repo_id, **options)
        present = repo.commits[repo.branches.get(branch, repo.branches["main"])]
        return repo.commit(branch, present | {path: File(data, is_lfs(path)) for path, data in files.items()}, "seed")

    def files(self, kind: str, repo_id: str) -> dict[str, bytes]:
        """The content of the head of main."""
        repo = self.repos[kind, repo_id]
        return {path: file.data for path, file in repo.commits[repo.branches["main"]].items()}
