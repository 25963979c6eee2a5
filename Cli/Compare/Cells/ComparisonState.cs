using VkSparseGrad.Cli.Compare.Plan;

namespace VkSparseGrad.Cli.Compare.Cells;

/// <summary>How far each cell of a plan is.</summary>
internal sealed class ComparisonState(ComparisonPlan plan)
{
    private readonly Dictionary<Cell, CellResult> finished = [];
    private readonly Dictionary<Cell, string> failed = [];

    public ComparisonPlan Plan { get; } = plan;

    public int Finished => finished.Count;

    /// <summary>Cells that failed, with their messages, in the order of the plan.</summary>
    public IReadOnlyList<(Cell Cell, string Message)> Failures =>
        [.. Plan.Cells.Where(failed.ContainsKey).Select(cell => (cell, failed[cell]))];

    /// <summary>The devices that cells ran on.</summary>
    public IReadOnlyList<string> Devices => [.. Plan.Cells.Select(ResultOf).OfType<CellResult>().Select(result => result.Device).Distinct()];

    /// <summary>Whether speeds of cells can be set beside each other.</summary>
    public bool IsOneDevice => Devices.Count <= 1;

    public CellResult? ResultOf(Cell cell) => finished.GetValueOrDefault(cell);

    /// <summary>The results of a task and a method, in the order of the seeds.</summary>
    public IReadOnlyList<CellResult> Of(string task, MethodVariant method) => [.. Plan.Of(task, method).Select(ResultOf).OfType<CellResult>()];

    public void Finish(Cell cell, CellResult result)
    {
        failed.Remove(cell);
        finished[cell] = result;
    }

    public void Fail(Cell cell, string message) => failed[cell] = message;
}
