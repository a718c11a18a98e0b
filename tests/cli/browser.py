"""A headless Chromium, driven by plain WebDriver over HTTP."""
import base64
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--force-device-scale-factor=1", "--window-size=1280,1000"]
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def is_there():
    return shutil.which("chromedriver") is not None and shutil.which("chromium") is not None


class Browser:
    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="hecaton-browser-", ignore_cleanup_errors=True)
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        port = next(int(found[1]) for line in self.driver.stdout if (found := re.search(r"successfully on port (\d+)", line)))
        self.base = f"http://127.0.0.1:{port}/session"
        options = {"args": [*FLAGS, f"--user-data-dir={self.folder.name}"]}
        capabilities = {"alwaysMatch": {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}
        self.base += "/" + self.call("POST", "", {"capabilities": capabilities})["sessionId"]
        return self

    def __exit__(self, *_):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.folder.cleanup()

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()}") from error

    def open(self, page):
        """Opens one of our pages, and waits until it is drawn."""
        self.call("POST", "/url", {"url": pathlib.Path(page).resolve().as_uri()})
        end = time.monotonic() + 60
        while not self.is_ready() and time.monotonic() < end:
            time.sleep(0.02)

    def is_ready(self):
        return self.run("return document.documentElement.dataset.ready === 'yes'")

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0])?.textContent", selector)

    def find(self, selector):
        return self.call("POST", "/element", {"using": "css selector", "value": selector})

    def scroll_to(self, selector):
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", selector)

    def click(self, selector, x=None, y=None):
        """At a place within the element, in pixels from its upper left corner; in its middle if not given."""
        self.scroll_to(selector)
        left, top, width, height = self.run("const b = document.querySelector(arguments[0]).getBoundingClientRect();"
                                            "return [b.left, b.top, b.width, b.height]", selector)
        at = {"x": round(left + (width / 2 if x is None else x)), "y": round(top + (height / 2 if y is None else y))}
        self.act("pointer", [{"type": "pointerMove", "duration": 0, **at}, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}])

    def drag(self, selector, to_x, to_y):
        """From the middle of an element to a place within it."""
        self.scroll_to(selector)
        left, top, width, height = self.run("const b = document.querySelector(arguments[0]).getBoundingClientRect(); return [b.left, b.top, b.width, b.height]", selector)
        moves = [{"type": "pointerMove", "duration": duration, "x": round(x), "y": round(y)}
                 for duration, x, y in ((0, left + width / 2, top + height / 2), (50, left + to_x, top + to_y))]
        self.act("pointer", [moves[0], {"type": "pointerDown", "button": 0}, moves[1], {"type": "pointerUp", "button": 0}])

    def printed(self):
        """The page as it is printed, a PDF."""
        return base64.b64decode(self.call("POST", "/print", {}))

    def hover(self, selector, x, y):
        self.scroll_to(selector)
        left, top = self.run("const b = document.querySelector(arguments[0]).getBoundingClientRect(); return [b.left, b.top]", selector)
        self.act("pointer", [{"type": "pointerMove", "duration": 0, "x": round(left + x), "y": round(top + y)}])

    def wheel(self, selector, by):
        self.scroll_to(selector)
        self.act("wheel", [{"type": "scroll", "x": 0, "y": 0, "deltaX": 0, "deltaY": by, "origin": self.find(selector)}])

    def press(self, selector, *keys):
        self.run("document.querySelector(arguments[0]).focus()", selector)
        self.act("key", [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")])

    def act(self, kind, actions):
        source = {"type": kind, "id": kind, "actions": actions}
        if kind == "pointer":
            source["parameters"] = {"pointerType": "mouse"}
        self.call("POST", "/actions", {"actions": [source]})

    def choose(self, selector, value):
        self.run("const s = document.querySelector(arguments[0]); s.value = arguments[1]; s.dispatchEvent(new Event('change'))", selector, value)

    def log(self, kind):
        return self.call("POST", "/se/log", {"type": kind})

    def complaints(self):
        """What stands on the console since the last call."""
        return [entry["message"] for entry in self.log("browser")]

    def requests(self):
        """Addresses that pages asked for since the last call; the browser has pages of its own."""
        messages = [json.loads(entry["message"])["message"] for entry in self.log("performance")]
        asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
        return [address for address in asked if not address.startswith(("chrome:", "data:"))]

    def picture(self, path, height=None):
        """Of so much of the page's height, or of what the window shows."""
        if height:
            frame = self.run("return window.outerHeight - window.innerHeight")
            self.call("POST", "/window/rect", {"width": 1280, "height": height + frame})
        pathlib.Path(path).write_bytes(base64.b64decode(self.call("GET", "/screenshot")))
