#!/usr/bin/env python3
"""How often two virtual users catch a naive service of several one-at-a-time processes.

The processes share one listening port (SO_REUSEPORT: the kernel deals connections out) and
one balance; each answers one request at a time, over any number of connections. Where all
connections of a run lead to one of them, nothing races.

    benches/calibration/workers.py --bankrun target/dist/bankrun --runs 60
"""
import argparse, json, multiprocessing, selectors, socket, subprocess, sys, tempfile, time

SCENARIO = """
accounts: {{ a: 1000 }}
reset: {{ request: {{ method: POST, path: /reset }} }}
read: {{ request: "/{{{{ account }}}}", balance: $.balance }}
http: {{ move_connections: {moves} }}
operations:
  add: {{ request: {{ method: POST, path: "/add/{{{{ n }}}}" }}, effect: {{ account: a, delta: "{{{{ n }}}}", balance: $.balance }} }}
scenarios:
  race: {{ executor: per-vu-iterations, vus: {vus}, iterations: {each}, operations: [{{ add: {{ n: 1..1000 }} }}] }}
"""


def worker(port, balance, gap, standing):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(64)
    standing.wait()
    ready = selectors.DefaultSelector()
    ready.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in ready.select():
            if key.fileobj is listener:
                connection, _ = listener.accept()
                ready.register(connection, selectors.EVENT_READ)
                continue
            head = key.fileobj.recv(65536)
            if not head:
                ready.unregister(key.fileobj)
                key.fileobj.close()
                continue
            path = head.split()[1].decode()
            if path == "/reset":
                balance.value = 1000
            elif path.startswith("/add/"):
                read = balance.value
                time.sleep(gap)
                balance.value = read + int(path[5:])
                answer = balance_of(read + int(path[5:]))
                key.fileobj.sendall(answer)
                continue
            key.fileobj.sendall(balance_of(balance.value))


def balance_of(value):
    body = json.dumps({"balance": value}).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bankrun", default="target/dist/bankrun")
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--vus", type=int, default=2)
    parser.add_argument("--each", type=int, default=40)
    args = parser.parse_args()
    with socket.socket() as probe:
        # Kept until the workers stand, so that nobody else takes it.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        balance = multiprocessing.Value("q", 1000, lock=False)
        standing = multiprocessing.Barrier(args.workers + 1)
        workers = [multiprocessing.Process(target=worker, args=(port, balance, 0.001, standing), daemon=True) for _ in range(args.workers)]
        for each in workers:
            each.start()
        standing.wait()
    for moves in ["false", "true"]:
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file, tempfile.NamedTemporaryFile(suffix=".json") as out:
            file.write(SCENARIO.format(moves=moves, vus=args.vus, each=args.each))
            file.flush()
            command = [args.bankrun, "run", file.name, "--target", f"http://127.0.0.1:{port}", "--repeat", str(args.runs), "--quiet", "--summary-export", out.name]
            ended = subprocess.run(command, capture_output=True, text=True)
            if ended.returncode not in (0, 1):
                sys.exit(ended.stdout + ended.stderr)
            runs = json.load(open(out.name))["runs"]
            caught = sum(one.get("verdict", {}).get("conclusion") == "fail" for one in runs)
            print(f"{args.workers} workers, {args.vus} virtual users, move_connections: {moves}: {caught} of {len(runs)} runs caught it")
            if len(runs) < args.runs:
                print(ended.stdout + ended.stderr)
    for each in workers:
        each.terminate()


main()
