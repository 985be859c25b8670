#!/usr/bin/env python3
"""Predicted beside measured detection, on the bank's naive mode.

For each cell (virtual users, race window, answers with or without balances) the same
scenario is run

  - on a correct server (mode `atomic`): each run predicts, for the gap between read and
    write that the naive server was measured to have, how often it would have been caught;
  - on the naive server, with --runs seeds: how often it was caught.

The measured share must lie within the predicted interval: from what the lowest prediction
makes of so many runs to what the highest one makes of them, with 95%.

    cargo build --profile dist
    benches/calibration/run.py --bankrun target/dist/bankrun
    benches/calibration/run.py --runs 30 --vus 2,10 --windows 0,1ms     # a part of it

Exit code 1: a cell lies outside.
"""
import argparse, json, math, re, subprocess, sys, tempfile, urllib.request
from pathlib import Path

SCENARIO = """
accounts: {{ 1: 1000000 }}
reset: {{ request: {{ method: POST, path: /reset, json: {{ accounts: {{ 1: 1000000 }} }} }} }}
read: {{ request: "/balance/{{{{ account }}}}", balance: $.balance }}
operations:
  pay in:
    request: {{ method: POST, path: /deposit, json: {{ userId: 1, amount: "{{{{ n }}}}" }} }}
    effect: {{ account: 1, delta: "{{{{ n }}}}"{balance} }}
scenarios:
  race:
    executor: per-vu-iterations
    vus: {vus}
    iterations: {each}
    operations: [{{ pay in: {{ n: 1..1000 }}, think: 5ms..25ms }}]
"""


def arguments():
    listed = lambda text: text.split(",")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bankrun", default="target/dist/bankrun")
    parser.add_argument("--runs", type=int, default=100, help="on the naive server, a cell")
    parser.add_argument("--predictions", type=int, default=20, help="runs on the correct server, a cell")
    parser.add_argument("--vus", type=listed, default=listed("2,5,10,20,50"))
    parser.add_argument("--windows", type=listed, default=listed("0,500us,1ms,2ms,5ms"))
    parser.add_argument("--answers", type=listed, default=listed("with,without"))
    parser.add_argument("--operations", type=int, default=20, help="of all virtual users together; a few more where it does not divide")
    parser.add_argument("--database", default="sqlite")
    return parser.parse_args()


class Server:
    def __init__(self, args, mode, window):
        command = [args.bankrun, "serve", "--mode", mode, "--race-window", window, "--database", args.database, "--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = []
        for line in self.process.stdout:
            said.append(line)
            found = re.search(r"http://[\w.:\[\]-]+", line)
            if found:
                self.url = found[0]
                return
        sys.exit("the server did not start: " + "".join(said))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def gap_ms(self):
        """The mean time between read and write of all updates so far."""
        text = urllib.request.urlopen(self.url + "/metrics").read().decode()
        value = lambda name: float(re.search(rf"^{name} (\S+)$", text, re.M)[1])
        count = value("bankrun_race_gaps_total")
        return value("bankrun_race_gap_microseconds_total") / count / 1000 if count else 0.0


def run(args, file, url, repeat, gap_ms=None):
    """The runs of the summary."""
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        command = [args.bankrun, "run", file, "--target", url, "--repeat", str(repeat), "--seed", "1", "--quiet", "--summary-export", out.name]
        if gap_ms is not None:
            command += ["--detect", f"{round(gap_ms * 1000)}us"]
        ended = subprocess.run(command, capture_output=True, text=True)
        if ended.returncode not in (0, 1, 3):
            sys.exit(f"{' '.join(command)}\n{ended.stdout}{ended.stderr}")
        runs = json.load(open(out.name))["runs"]
        for one in runs:
            if "verdict" not in one:
                sys.exit(f"a run did not come to a verdict: {one}")
        return runs


def at(detection, gap_ms):
    """The point of the curve that --detect asked for."""
    asked = round(gap_ms * 1000) / 1000
    return min(detection["curve"], key=lambda point: abs(point["gap_ms"] - asked))


def bounds(share, runs, low):
    """Where the share of so many runs lies with 97.5%, on one side."""
    total, hits = 0.0, range(runs + 1) if low else range(runs, -1, -1)
    for hit in hits:
        total += math.comb(runs, hit) * share**hit * (1 - share) ** (runs - hit)
        if total > 0.025:
            return hit / runs
    return 1.0 if low else 0.0


def cell(args, vus, window, answers):
    balance = ', balance: $.newBalance' if answers == "with" else ""
    each = math.ceil(args.operations / vus)
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(SCENARIO.format(balance=balance, vus=vus, each=each))
        file.flush()
        with Server(args, "naive", window) as server:
            naive = run(args, file.name, server.url, args.runs)
            gap = server.gap_ms()
        with Server(args, "atomic", "0") as server:
            right = run(args, file.name, server.url, args.predictions, gap)
    caught = sum(one["verdict"]["conclusion"] == "fail" for one in naive)
    points = [at(one["verdict"]["detection"], gap) if one["verdict"].get("detection") else {"caught": 0.0, "low": 0.0, "high": 0.0} for one in right]
    # Runs differ; what is predicted for the mean of them is their mean.
    mean = lambda field: sum(point[field] for point in points) / len(points)
    spread = 1.96 * math.sqrt(sum((point["caught"] - mean("caught")) ** 2 for point in points) / len(points) / len(points))
    low, high = max(0.0, mean("low") - spread), min(1.0, mean("high") + spread)
    interval = bounds(low, args.runs, True), bounds(high, args.runs, False)
    return gap, mean("caught"), interval, caught / args.runs


def main():
    args = arguments()
    print(f"{args.operations} deposits of 1..1000, think time 5 to 25 ms, {args.runs} runs a cell, {args.database}")
    print(f"{'vus':>4} {'window':>7} {'answers':>8} {'gap ms':>7} {'predicted':>10} {'interval':>12} {'measured':>9}")
    outside = 0
    for answers in args.answers:
        for vus in args.vus:
            for window in args.windows:
                gap, predicted, (low, high), measured = cell(args, int(vus), window, answers)
                within = low <= measured <= high
                outside += not within
                percent = lambda share: f"{share * 100:.0f}%"
                span = f"{percent(low)} to {percent(high)}"
                print(f"{vus:>4} {window:>7} {answers:>8} {gap:>7.3f} {percent(predicted):>10} {span:>12} {percent(measured):>9} {'' if within else ' outside'}", flush=True)
    sys.exit(1 if outside else 0)


main()
