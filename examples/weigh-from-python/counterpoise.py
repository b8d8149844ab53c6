"""Counterpoise from Python: a balancer behind a pipe. Standard library alone; copy this file beside your training."""

import json
import subprocess


class Balancer:
    """Weights for a training loop: one `weigh` per optimiser step, and never in validation.

    method   a method of `counterpoise methods`
    options  of the method, spelled as there: {"scale-mode": "min"}
    state    a file: goes on from there if it exists, and saves there at the end
    command  how to start the command, in parts
    """

    def __init__(self, method, options=None, priorities=None, state=None, command=("npx", "counterpoise")):
        arguments = [*command, "weigh", method]
        for name, value in (options or {}).items():
            arguments += ["--option", f"{name}={json.dumps(value) if isinstance(value, bool) else value}"]
        for name, value in (priorities or {}).items():
            arguments += ["--priority", f"{name}={value}"]
        if state is not None:
            arguments += ["--state", str(state)]
        # A session of its own: Ctrl-C reaches the training, which closes the pipe when it is done, and not this process too.
        self.process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", start_new_session=True
        )

    def weigh(self, **evidence):
        """losses={"class": 2.3, "box": 5000.0}, gramian=[[...], ...], epoch=3, ...: numbers, no tensors. Returns the answer."""
        try:
            # json.dumps writes NaN and Infinity, and the command reads them: such a loss gets weight 0 and a reason.
            self.process.stdin.write(json.dumps(evidence) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise RuntimeError(f"counterpoise ended with code {self.process.wait()}; its error is on stderr")
        return json.loads(answer)

    def close(self):
        """Ends the command, which saves its state."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        code = self.process.wait()
        self.process.stdout.close()
        if code != 0:
            raise RuntimeError(f"counterpoise ended with code {code}; its error is on stderr")

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        try:
            self.close()
        except RuntimeError:
            # The error that is under way says more.
            if error is None:
                raise
