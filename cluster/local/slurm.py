#!/usr/bin/env python3
"""A Slurm cluster of several hosts on this machine, to try batch jobs and to test them.

  slurm.py up [--hosts 4] [--cpus 2]    start it; about two seconds
  . DIR/environment                     then sbatch, srun, squeue, mpirun as on any cluster
  slurm.py crash 3                      pull the plug of host 3
  slurm.py kill-daemon 2                kill the slurmd of host 2; its jobs live on
  slurm.py boot 3                       start host 3, or its slurmd, again
  slurm.py status | down

Every host has its own network, name, processes, mounts, shared memory and uptime: Linux namespaces on a bridge. The
rest of the file system is shared, as on a cluster. Everything lies in DIR (--dir, /run/hecaton-slurm if not given);
nothing below /etc is changed, and `down` ends what `up` and `boot` started and nothing else. Two clusters at a time
need their own --dir, --name and --subnet. Needs root and the packages of packages.txt.
"""
import argparse
import ipaddress
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = ("slurmctld", "slurmd", "munged", "scontrol", "sinfo", "ip", "unshare", "nsenter", "setpriv")
CONTROLLER = 0  # its host number; compute hosts count from 1
CONTROLLER_ADDRESS, LOGIN_ADDRESS = 254, 253
PATIENCE_S = 60


def refuse(problem, advice):
    """Nothing was done, and this call is why; a failure on the way is an exception and ends with 1."""
    print(f"slurm.py: error: {problem}; {advice}", file=sys.stderr)
    sys.exit(2)


def command(*words, **options):
    """The output of a program that must succeed."""
    done = subprocess.run(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"{what} takes longer than {PATIENCE_S} s")
        time.sleep(0.05)


# --- processes: one is named by its id and its time of birth, so that no stranger is ever signalled ---


def birth_of(pid):
    """Clock ticks since boot at which the process began; None if there is none or it has ended."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


def is_alive(process):
    return process is not None and birth_of(process[0]) == process[1]


def end(process, how):
    if is_alive(process):
        os.kill(process[0], how)
        wait_until(lambda: not is_alive(process), f"the end of process {process[0]}")


def children_of(pid):
    return [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Cluster:
    """What is written in DIR/cluster.json: the shape, and the processes that were started."""

    def __init__(self, folder, state=None):
        self.folder = folder
        self.state = state or json.loads((folder / "cluster.json").read_text())

    def save(self):
        text = json.dumps(self.state, indent=1)
        beside = self.folder / "cluster.json.part"
        beside.write_text(text)
        beside.replace(self.folder / "cluster.json")

    # Names. Interfaces have at most 15 characters.
    def host(self, number):
        return f"{self.state['name']}{number if number != CONTROLLER else 'c'}"

    def bridge(self):
        return f"{self.state['name']}br"

    def address(self, number):
        last = CONTROLLER_ADDRESS if number == CONTROLLER else number
        return f"{self.state['subnet']}.{last}"

    def hosts(self):
        return range(1, self.state["hosts"] + 1)

    def all_hosts(self):
        return [CONTROLLER, *self.hosts()]

    # --- network ---

    def make_network(self):
        command("ip", "link", "add", self.bridge(), "type", "bridge")
        command("ip", "addr", "add", f"{self.state['subnet']}.{LOGIN_ADDRESS}/24", "dev", self.bridge())
        command("ip", "link", "set", self.bridge(), "up")
        for number in self.all_hosts():
            host = self.host(number)
            command("ip", "netns", "add", host)
            command("ip", "link", "add", f"{host}v", "type", "veth", "peer", "name", "eth0", "netns", host)
            command("ip", "link", "set", f"{host}v", "master", self.bridge(), "up")
            command("ip", "-n", host, "addr", "add", f"{self.address(number)}/24", "dev", "eth0")
            command("ip", "-n", host, "link", "set", "eth0", "up")
            command("ip", "-n", host, "link", "set", "lo", "up")
        lines = ["127.0.0.1 localhost", f"{self.state['subnet']}.{LOGIN_ADDRESS} {os.uname().nodename}"]
        lines += [f"{self.address(number)} {self.host(number)}" for number in self.all_hosts()]
        (self.folder / "hosts").write_text("\n".join(lines) + "\n")

    def remove_network(self):
        for number in self.all_hosts():
            subprocess.run(["ip", "link", "del", f"{self.host(number)}v"], stderr=subprocess.DEVNULL)
            subprocess.run(["ip", "netns", "del", self.host(number)], stderr=subprocess.DEVNULL)
        subprocess.run(["ip", "link", "del", self.bridge()], stderr=subprocess.DEVNULL)

    # --- processes ---

    def start(self, name, words, **options):
        with open(self.folder / "log" / f"{name}.out", "ab") as log:
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       start_new_session=True, **options)
        self.state["processes"][name] = [process.pid, birth_of(process.pid)]
        self.save()

    def start_munge(self):
        """One for all hosts: it looks at who owns the other end of its socket, not at where that is."""
        folder = self.folder / "munge"
        folder.mkdir(mode=0o755)
        (folder / "key").write_bytes(secrets.token_bytes(1024))
        (folder / "key").chmod(0o400)
        for path in (folder, folder / "key"):
            shutil.chown(path, "munge", "munge")
        self.start("munged", ["setpriv", "--reuid=munge", "--regid=munge", "--clear-groups", "munged", "--foreground",
                              f"--key-file={folder}/key", f"--socket={folder}/socket", f"--pid-file={folder}/pid",
                              f"--seed-file={folder}/seed", f"--log-file={folder}/log"])
        wait_until((folder / "socket").exists, "the start of munged")

    def boot(self, number):
        """Process 1 of a host is a shell that outlives its daemon; when it is killed, the kernel ends all others."""
        host = self.host(number)
        spool = self.folder / host
        spool.mkdir(exist_ok=True)
        # A host that lost its power left these; a requeued job has the same number and would stumble over them.
        for left in [*spool.glob("pmix.*"), *spool.glob("stepd.slurm.pmix.*"), *spool.glob(f"{host}_*")]:
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        # With an uptime of its own, Slurm sees that a host has booted, and requeues what ran there.
        uptime = int(float(pathlib.Path("/proc/uptime").read_text().split()[0]))
        self.start(host, ["ip", "netns", "exec", host, "unshare", "--uts", "--ipc", "--mount", "--pid", "--fork",
                          "--kill-child", "--mount-proc", "--time", f"--boottime={1 - uptime}",
                          "bash", str(HERE / "host.sh"), host, str(self.folder), self.daemon(number)],
                   env=dict(os.environ, SLURM_CONF=str(self.folder / "slurm.conf")))

    def daemon(self, number):
        return "slurmctld" if number == CONTROLLER else "slurmd"

    def first_process(self, number):
        """Process 1 of a host, by its id here; None if the host is down."""
        process = self.state["processes"].get(self.host(number))
        if not is_alive(process):
            return None
        children = children_of(process[0])
        return children[0] if children else None

    def daemon_process(self, number):
        first = self.first_process(number)
        for child in children_of(first) if first else []:
            if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == self.daemon(number):
                return child
        return None

    # --- what users do ---

    def up(self):
        for name in ("log", "state", "tmp"):
            (self.folder / name).mkdir(mode=0o755)
        self.save()
        self.make_network()
        self.start_munge()
        self.write_configuration()
        self.boot(CONTROLLER)
        wait_until(lambda: "UP" in self.ask("scontrol", "ping"), "the start of slurmctld")
        for number in self.hosts():
            self.boot(number)
        wait_until(lambda: self.ask("sinfo", "-h", "-t", "idle", "-o", "%D").strip() == str(self.state["hosts"]),
                   "the start of all hosts")

    def ask(self, *words):
        environment = dict(os.environ, SLURM_CONF=str(self.folder / "slurm.conf"))
        return subprocess.run(words, text=True, env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout

    def write_configuration(self):
        values = {"DIR": str(self.folder), "NAME": self.state["name"], "HOSTS": str(self.state["hosts"]),
                  "CPUS": str(self.state["cpus"]), "SUBNET": self.state["subnet"], "CONTROLLER": self.host(CONTROLLER),
                  "CONTROLLER_ADDRESS": self.address(CONTROLLER)}
        template = (HERE / "slurm.conf.in").read_text()
        (self.folder / "slurm.conf").write_text(re.sub(r"@(\w+)@", lambda found: values[found[1]], template))
        shutil.copy(HERE / "cgroup.conf", self.folder / "cgroup.conf")
        small_machine = (HERE / "environment.in").read_text()
        (self.folder / "environment").write_text(small_machine.replace("@DIR@", str(self.folder)))

    def down(self):
        processes = self.state["processes"]
        for name in reversed(list(processes)):
            end(processes[name], signal.SIGTERM if name == "munged" else signal.SIGKILL)
        self.remove_network()
        shutil.rmtree(self.folder)

    def crash(self, number):
        first = self.first_process(number)
        if first is None:
            refuse(f"host {number} is down already", "see status")
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: not is_alive(self.state["processes"][self.host(number)]), "the crash")

    def kill_daemon(self, number):
        daemon = self.daemon_process(number)
        if daemon is None:
            refuse(f"host {number} runs no {self.daemon(number)}", "see status")
        os.kill(daemon, signal.SIGKILL)

    def start_again(self, number):
        """A host that is down boots; one that has lost its daemon only gets a new one."""
        first = self.first_process(number)
        if first is None:
            self.boot(number)
        elif self.daemon_process(number) is None:
            os.kill(first, signal.SIGUSR1)  # host.sh starts it
        else:
            refuse(f"host {number} is up", "see status")

    def print_status(self):
        for number in self.all_hosts():
            up, daemon = self.first_process(number), self.daemon_process(number)
            state = "down" if up is None else f"up, {self.daemon(number)} {'runs' if daemon else 'does not run'}"
            print(f"{self.host(number):12} {self.address(number):15} {state}")
        print(self.ask("sinfo"), end="")


def check_machine():
    if os.geteuid() != 0:
        refuse("this needs root", "namespaces with a network of their own can not be made without it")
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        refuse(f"{', '.join(missing)} not found", f"install the packages of {HERE / 'packages.txt'}")
    trial = subprocess.run(["unshare", "--net", "--uts", "--ipc", "--mount", "--pid", "--fork", "--mount-proc", "--time",
                            "true"], text=True, stderr=subprocess.PIPE)
    if trial.returncode != 0:
        refuse(f"this machine allows no namespaces ({trial.stderr.strip()})",
               "in a container, they need the capabilities SYS_ADMIN and NET_ADMIN")


def start_cluster(folder, arguments):
    if folder.exists():
        refuse(f"{folder} exists", "a cluster is up there, or was not ended by `down`")
    folder.mkdir(parents=True, mode=0o755)
    cluster = Cluster(folder, {"name": arguments.name, "subnet": arguments.subnet, "hosts": arguments.hosts,
                               "cpus": arguments.cpus, "processes": {}})
    try:
        cluster.up()
    except BaseException:
        for log in sorted((folder / "log").glob("*")):
            print(f"--- {log}", log.read_text(errors="replace")[-2000:], sep="\n", file=sys.stderr)
        cluster.down()
        raise
    print(f"{arguments.hosts} hosts with {arguments.cpus} processors each. To use them:\n\n    . {folder}/environment\n")


def subnet_of(text):
    """Three numbers of an IPv4 address; its hosts get the fourth."""
    ipaddress.IPv4Address(f"{text}.0")
    return text


def name_of(text):
    if not re.fullmatch("[a-z]{1,6}", text):
        raise ValueError("one to six small letters")
    return text


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", default="/run/hecaton-slurm", help="where everything lies")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up")
    up.add_argument("--hosts", type=int, choices=range(1, 33), default=4, metavar="1..32")
    up.add_argument("--cpus", type=int, choices=range(1, 129), default=2, metavar="1..128",
                    help="what Slurm believes of each host, whatever this machine has")
    up.add_argument("--name", type=name_of, default="node", help="what host names begin with")
    up.add_argument("--subnet", type=subnet_of, default="10.87.0", help="first three numbers of their addresses")
    for name in ("crash", "kill-daemon", "boot"):
        commands.add_parser(name).add_argument("host", type=int, help=f"{CONTROLLER}: that of the controller")
    commands.add_parser("status")
    commands.add_parser("down")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    check_machine()
    folder = pathlib.Path(arguments.dir).absolute()
    if arguments.command == "up":
        start_cluster(folder, arguments)
        return
    if not (folder / "cluster.json").exists():
        refuse(f"there is no cluster in {folder}", "start one with `up`")
    cluster = Cluster(folder)
    if "host" in arguments and arguments.host not in cluster.all_hosts():
        refuse(f"there is no host {arguments.host}", f"hosts are 1 to {cluster.state['hosts']}")
    {"crash": lambda: cluster.crash(arguments.host), "kill-daemon": lambda: cluster.kill_daemon(arguments.host),
     "boot": lambda: cluster.start_again(arguments.host), "status": cluster.print_status,
     "down": cluster.down}[arguments.command]()


if __name__ == "__main__":
    main()
