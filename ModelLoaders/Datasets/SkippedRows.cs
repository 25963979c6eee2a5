using System.Globalization;

namespace VkSparseGrad.ModelLoaders.Datasets;

/// <summary>Rows that were left out because they do not fit the task.</summary>
public sealed class SkippedRows
{
    private const int MostListed = 5;
    private readonly List<(int Line, string Reason)> _first = [];

    /// <summary>What the numbers of the rows count: lines of a file, or elements of an array.</summary>
    internal string Place { get; init; } = "line";

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The first few of them, with their line in the file and what is wrong.</summary>
    public IReadOnlyList<(int Line, string Reason)> First => _first;

    /// <summary>One line for a log, such as <c>2 rows skipped: line 3 (3 columns, not 6), line 9 (1 column, not 6)</c>.</summary>
    public override string ToString()
    {
        var rows = string.Create(CultureInfo.InvariantCulture, $"{Count} {(Count == 1 ? "row" : "rows")} skipped");
        if (Count == 0)
            return rows;
        var listed = _first.Select(row => string.Create(CultureInfo.InvariantCulture, $"{Place} {row.Line} ({row.Reason})"));
        return $"{rows}: {string.Join(", ", listed)}{(Count > _first.Count ? ", ..." : "")}";
    }

    internal void Add(int line, string reason)
    {
        Count++;
        if (_first.Count < MostListed)
            _first.Add((line, reason));
    }
}
