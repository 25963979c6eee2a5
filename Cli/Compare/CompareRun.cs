using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Compare.Cells;
using VkSparseGrad.Cli.Compare.Display;
using VkSparseGrad.Cli.Compare.Plan;
using VkSparseGrad.Cli.Compare.Report;
using VkSparseGrad.Devices;

namespace VkSparseGrad.Cli.Compare;

/// <summary>A whole comparison: every cell that is not there yet, and the report.</summary>
internal sealed class CompareRun(ComparisonRequest request, bool overwrite, Terminal terminal, CancellationToken cancellation)
{
    /// <summary>Does the cells that are to be done.</summary>
    /// <returns>The process's exit code.</returns>
    public int Execute()
    {
        RequireOwnFolder();
        ComparisonPlan plan = ComparisonPlan.Of(request);
        var state = new ComparisonState(plan);
        List<Cell> open = FindOpen(state);
        terminal.Output.WriteLine(
            $"{plan.Tasks.Count} tasks x {plan.Methods.Count} methods x {plan.Seeds.Count} seeds: {plan.Cells.Count} cells, {open.Count} to run");
        var report = new ComparisonReport(state, request);
        IComparisonDisplay display = terminal.IsInteractive ? new LiveComparison(terminal.Console, state) : new PlainComparison(terminal, state);
        using var runner = new CellRunner();
        if (open.Count > 0)
            TellDevice(runner.Open(open[0].Settings));
        try
        {
            display.Show(() => RunAll(open, state, runner, display, report));
        }
        catch (OperationCanceledException)
        {
            terminal.Error.WriteLine(
                $"error: stopped before the end; {state.Finished} of {plan.Cells.Count} cells are finished, and the same command goes on from there.");
            return ExitCode.Cancelled;
        }

        report.Write();
        terminal.Output.WriteLine($"The report is {Path.GetFullPath(report.MarkdownFile)} and {Path.GetFullPath(report.HtmlFile)}");
        if (state.Failures.Count == 0)
            return ExitCode.Success;
        (Cell cell, string message) = state.Failures[0];
        terminal.Error.WriteLine($"error: {state.Failures.Count} of {plan.Cells.Count} cells failed; the first, {cell}: {message}");
        return ExitCode.Failure;
    }

    /// <summary>Reads what is there of every cell.</summary>
    /// <returns>The cells to run.</returns>
    private List<Cell> FindOpen(ComparisonState state)
    {
        var open = new List<Cell>();
        foreach (Cell cell in state.Plan.Cells)
        {
            string? difference = CellFolder.IsFinished(cell) ? CellFolder.Difference(cell) : null;
            if (difference is not null && !overwrite)
                throw new IOException($"{cell.Folder} was run with other settings: {difference}; choose another --output, or run such cells again with --overwrite.");
            if (CellFolder.IsFinished(cell) && difference is null)
            {
                state.Finish(cell, CellResult.Read(cell.Folder));
                continue;
            }

            if (CellFolder.Failure(cell) is string message)
                state.Fail(cell, message);
            open.Add(cell);
        }

        return open;
    }

    private void RunAll(List<Cell> open, ComparisonState state, CellRunner runner, IComparisonDisplay display, ComparisonReport report)
    {
        foreach (Cell cell in state.Plan.Cells.Except(open))
            display.End(cell, "skipped, it is finished");
        foreach (Cell cell in open)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                runner.Open(cell.Settings);
                runner.Run(cell, display.Begin(cell), cancellation);
                CellResult result = CellResult.Read(cell.Folder);
                state.Finish(cell, result);
                display.End(cell, Describe(result));
            }
            catch (Exception failure) when (failure is not OperationCanceledException && ExpectedFailure.Is(failure))
            {
                string message = ExpectedFailure.OneLine(failure.Message);
                CellFolder.WriteFailure(cell, message);
                state.Fail(cell, message);
                display.End(cell, "failed: " + message);

                // A lost device stays lost; another one may do the cells that are left.
                if (failure is DeviceException and not DeviceMemoryException)
                    runner.Dispose();
            }

            report.Write();
        }
    }

    private static string Describe(CellResult result) =>
        string.Join(", ", result.Scores.Select(score => $"{score.Metric} {Text.Score(score.Value)}")) +
        FormattableString.Invariant($", {result.StepsPerSecond:F2} steps/s");

    private void TellDevice(DeviceInfo device) => Train.Preamble.TellDevice(terminal, device);

    private void RequireOwnFolder()
    {
        string path = request.Output;
        if (File.Exists(path))
            throw new IOException($"--output {path} is a file; choose another name.");
        if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any() && !Directory.Exists(Path.Combine(path, ComparisonPlan.CellsFolder)))
            throw new IOException($"--output {path} is not empty and holds no {ComparisonPlan.CellsFolder}/, so it is not an earlier comparison and is left alone; choose another folder.");
    }
}
