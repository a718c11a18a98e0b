"""hecaton-phold from outside: phold.py PROGRAM MPIEXEC. The same history on any number of ranks."""
import json
import subprocess
import sys
import unittest

PROGRAM, MPIEXEC = sys.argv[1:3]


def phold(*options, ranks=1):
    words = [PROGRAM, *options] if ranks == 1 else [MPIEXEC, "-n", str(ranks), PROGRAM, *options]
    return subprocess.run(words, capture_output=True, text=True, timeout=100)


def result(*options, ranks=1):
    done = phold(*options, "--json", ranks=ranks)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


class Phold(unittest.TestCase):
    def test_history_is_the_same_at_any_rank_count(self):
        # One has a rank without any component; the last one, more events under way than ranks have room for.
        for options in (["--lps", "64", "--events-per-lp", "8", "--until", "30000"],
                        ["--lps", "10", "--remote", "1", "--until", "100000", "--seed", "5"],
                        ["--lps", "3", "--until", "50000"],
                        ["--lps", "3000", "--events-per-lp", "20", "--until", "3000"]):
            alone = result(*options)
            for ranks in (2, 3, 4):
                for sync in ("window", "null"):
                    with self.subTest(options=options, ranks=ranks, sync=sync):
                        several = result(*options, "--sync", sync, ranks=ranks)
                        for key in ("net_events", "digest"):
                            self.assertEqual(several[key], alone[key])
                        self.assertEqual(several["ranks"], ranks)
                        self.assertEqual(several["sync"], sync)

    def test_rate_and_delay_are_those_of_the_options(self):
        found = result("--lps", "500", "--events-per-lp", "20", "--lookahead", "300", "--mean-delay", "700",
                       "--until", "200000")
        expected = 500 * 20 * 200_000 / (300 + 700)
        self.assertAlmostEqual(found["net_events"] / expected, 1.0, delta=0.01)

    def test_seeds_and_shares_matter(self):
        base = ["--lps", "32", "--until", "20000"]
        runs = [result(*base), result(*base, "--seed", "2"), result(*base, "--remote", "0"),
                result(*base, "--events-per-lp", "1")]
        self.assertEqual(len({run["digest"] for run in runs}), len(runs))

    def test_says_how_it_compares_with_the_queue_alone(self):
        text = phold("--lps", "64", "--until", "100000").stdout
        self.assertIn("bare queue loop", text)
        self.assertIn("events per second", text)

    def test_bad_options_are_refused(self):
        for options, word in ((["--lps", "0"], "--lps"), (["--remote", "1.5"], "--remote"),
                              (["--sync", "none"], "--sync"), (["--nonsense"], "--nonsense"),
                              (["--lookahead", "0", "--mean-delay", "0"], "--mean-delay"),
                              (["--until", "-1"], "--until")):
            with self.subTest(options=options):
                done = phold(*options)
                self.assertEqual(done.returncode, 2)
                self.assertIn(word, done.stderr)
                self.assertEqual(done.stdout, "")
        done = phold("--lookahead", "0", ranks=2)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr.count("--lookahead: is 0") + done.stderr.count("--lookahead is 0"), 1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
