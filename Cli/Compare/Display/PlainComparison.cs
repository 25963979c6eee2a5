using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Compare.Cells;
using VkSparseGrad.Cli.Compare.Plan;
using VkSparseGrad.Cli.Progress;

namespace VkSparseGrad.Cli.Compare.Display;

/// <summary>A line for each cell and the table at the end, for files and pipes.</summary>
internal sealed class PlainComparison(Terminal terminal, ComparisonState state) : IComparisonDisplay
{
    public void Show(Action work)
    {
        work();
        terminal.Console.Write(ComparisonTable.Of(state));
    }

    public IProgressDisplay Begin(Cell cell) => new SilentProgress();

    public void End(Cell cell, string how) =>
        terminal.Output.WriteLine($"{cell}: {how} ({state.Finished + state.Failures.Count} of {state.Plan.Cells.Count})");
}
