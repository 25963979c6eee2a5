using System.Diagnostics;

namespace VkSparseGrad.Cli.Progress;

/// <summary>Lines now and then, for files and pipes.</summary>
internal sealed class PlainProgress(TextWriter output) : IProgressDisplay
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    public void Show(string phase, int total, Action<IPhaseProgress> work)
    {
        var line = new Phase(output, phase, total);
        work(line);
        line.End();
    }

    private sealed class Phase(TextWriter output, string name, int total) : IPhaseProgress
    {
        private readonly long start = Stopwatch.GetTimestamp();
        private TimeSpan lastLine;
        private string lastDetail = "";

        public void Report(int done, string detail = "")
        {
            lastDetail = detail;
            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            if (done == 0 || done == total || elapsed - lastLine < Interval)
                return;
            lastLine = elapsed;
            output.WriteLine($"{name}: {Text.Count(done)} of {Text.Count(total)}{Comma(detail)}, {Text.Time(TimeLeft.At(elapsed, done, total))} left");
        }

        public void End() => output.WriteLine(
            $"{name}: {(total > 0 ? Text.Count(total) + " " : "")}done in {Text.Time(Stopwatch.GetElapsedTime(start))}{Comma(lastDetail)}");

        private static string Comma(string detail) => detail.Length == 0 ? "" : ", " + detail;
    }
}
