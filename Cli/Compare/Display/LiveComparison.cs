using System.Diagnostics;
using Spectre.Console;
using Spectre.Console.Rendering;
using VkSparseGrad.Cli.Compare.Cells;
using VkSparseGrad.Cli.Compare.Plan;
using VkSparseGrad.Cli.Progress;

namespace VkSparseGrad.Cli.Compare.Display;

/// <summary>The table as it fills, with the cell at work below it, for terminals.</summary>
internal sealed class LiveComparison(IAnsiConsole console, ComparisonState state) : IComparisonDisplay, IProgressDisplay
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private LiveDisplayContext? context;
    private Cell? atWork;
    private long lastDrawing;

    public void Show(Action work) => console.Live(ComparisonTable.Of(state)).Overflow(VerticalOverflow.Ellipsis).Start(opened =>
    {
        context = opened;
        work();
        context.UpdateTarget(ComparisonTable.Of(state));
        context = null;
    });

    public IProgressDisplay Begin(Cell cell)
    {
        atWork = cell;
        Draw("reading");
        return this;
    }

    public void End(Cell cell, string how)
    {
        atWork = null;
        Draw("");
    }

    void IProgressDisplay.Show(string phase, int total, Action<IPhaseProgress> work)
    {
        Draw(phase);
        work(new Phase(this, phase, total));
    }

    private void Draw(string doing)
    {
        lastDrawing = Stopwatch.GetTimestamp();
        IRenderable table = ComparisonTable.Of(state);
        context?.UpdateTarget(atWork is null ? table : new Rows(table, new Spectre.Console.Text($"{atWork}: {doing}")));
    }

    private sealed class Phase(LiveComparison display, string name, int total) : IPhaseProgress
    {
        private readonly long start = Stopwatch.GetTimestamp();

        public void Report(int done, string detail = "")
        {
            if (done == 0 || Stopwatch.GetElapsedTime(display.lastDrawing) < Interval)
                return;
            string more = detail.Length == 0 ? "" : ", " + detail;
            display.Draw($"{name} {Text.Count(done)} of {Text.Count(total)}{more}, {Text.Time(TimeLeft.At(Stopwatch.GetElapsedTime(start), done, total))} left");
        }
    }
}
