namespace VkSparseGrad.ModelLoaders.Datasets;

/// <summary>Turns the rows of one file into examples.</summary>
internal sealed class GlueFileReader(GlueTask task, GlueSplit split, string path, bool strict)
{
    private readonly bool _labelled = split != GlueSplit.Test;
    private readonly IReadOnlyList<string>? _headerlessColumns = task.File(split).HeaderlessColumns;
    private readonly List<GlueExample> _examples = [];
    private readonly SkippedRows _skipped = new();

    /// <summary>Reads the file.</summary>
    /// <exception cref="DatasetException">The file holds no example, or contradicts the task.</exception>
    public GlueDataset Read(int maxRows)
    {
        GlueColumns? columns = null;
        foreach (var (line, cells) in TsvReader.Read(path))
        {
            if (columns is null)
            {
                columns = _headerlessColumns is null ? Header(line, cells) : Headerless(line, cells, _headerlessColumns);
                if (_headerlessColumns is null)
                    continue;
            }

            if (_examples.Count == maxRows)
                break;
            AddRow(columns, line, cells);
        }

        if (_examples.Count == 0)
            throw new DatasetException(_skipped.Count > 0 ? $"'{path}' holds no usable example of {task.Name}; {_skipped}." : $"'{path}' holds no example.");
        return new GlueDataset(task, split, path, _examples, _skipped);
    }

    private GlueColumns Header(int line, string[] cells)
    {
        try
        {
            return new GlueColumns(cells, task, _labelled);
        }
        catch (DatasetException exception)
        {
            throw new DatasetException($"'{path}' line {line} is not the header of {task.Name}'s {split} file: {exception.Message}.", exception);
        }
    }

    // Without a header the first row alone can tell that the file is another task's.
    private GlueColumns Headerless(int line, string[] cells, IReadOnlyList<string> names)
    {
        var columns = new GlueColumns(names, task, _labelled);
        if (cells.Length != columns.Count)
            throw new DatasetException($"'{path}' line {line} has {Columns(cells.Length)}; {task.Name}'s {split} file has no header and {columns.Count}: {string.Join(", ", names)}.");
        return columns;
    }

    private void AddRow(GlueColumns columns, int line, string[] cells)
    {
        if (cells.Length != columns.Count)
        {
            Reject(line, $"{Columns(cells.Length)}, not {columns.Count}");
            return;
        }

        float? label = null;
        if (columns.Label(cells) is { } cell)
        {
            label = GlueLabel.Parse(task, cell);
            if (label is null && (cell == GlueLabel.Hidden || !task.SkipsUnreadableLabels))
                throw new DatasetException($"'{path}' line {line} has the label '{cell}', not {GlueLabel.Expected(task)}.");
            if (label is null)
            {
                Reject(line, $"label '{cell}'");
                return;
            }
        }

        _examples.Add(new GlueExample(columns.Text(cells), columns.Pair(cells), label, line));
    }

    private void Reject(int line, string reason)
    {
        if (strict)
            throw new DatasetException($"'{path}' line {line} does not fit {task.Name}: {reason}.");
        _skipped.Add(line, reason);
    }

    private static string Columns(int count) => count == 1 ? "1 column" : $"{count} columns";
}
