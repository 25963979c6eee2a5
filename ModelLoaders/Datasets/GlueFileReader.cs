using System.Globalization;

namespace VkSparseGrad.ModelLoaders.Datasets;

/// <summary>Turns the rows of one file into examples.</summary>
internal sealed class GlueFileReader(GlueTask task, GlueFile file, string path, bool labelled, bool strict)
{
    private readonly List<GlueExample> _examples = [];
    private readonly SkippedRows _skipped = new();
    private int _rows;

    /// <summary>Reads the file.</summary>
    /// <exception cref="DatasetException">The file holds no example, or contradicts the task.</exception>
    public GlueDataset Read(int maxRows)
    {
        GlueColumns? columns = null;
        foreach (var (line, cells) in TsvReader.Read(path))
        {
            if (columns is null)
            {
                columns = file.HeaderlessColumns is { } names ? Headerless(line, cells, names) : Header(line, cells);
                if (file.HeaderlessColumns is null)
                    continue;
            }

            if (_examples.Count == maxRows)
                break;
            AddRow(columns, line, cells);
        }

        if (_examples.Count == 0)
            throw new DatasetException(_skipped.Count > 0 ? $"'{path}' holds no usable example of {task.Name}; {_skipped}." : $"'{path}' holds no example.");
        return new GlueDataset(task, file, path, _examples, _skipped);
    }

    private GlueColumns Header(int line, string[] cells)
    {
        try
        {
            return new GlueColumns(cells, task, labelled);
        }
        catch (DatasetException exception)
        {
            throw new DatasetException($"'{path}' line {line} is not a header of {task.Name}: {exception.Message}.", exception)
            {
                LacksLabels = IsHeaderWithoutLabel(cells),
            };
        }
    }

    // Without a header the first row alone can tell that the file is another task's.
    private GlueColumns Headerless(int line, string[] cells, IReadOnlyList<string> names)
    {
        var columns = new GlueColumns(names, task, labelled);
        if (cells.Length != columns.Count)
        {
            throw new DatasetException($"'{path}' line {line} has {Columns(cells.Length)}; {task.Name} has no header here and {columns.Count}: {string.Join(", ", names)}.")
            {
                LacksLabels = IsHeaderWithoutLabel(cells),
            };
        }

        return columns;
    }

    private bool IsHeaderWithoutLabel(string[] cells) => cells.Contains(task.Text) && !cells.Contains(task.Label);

    private void AddRow(GlueColumns columns, int line, string[] cells)
    {
        var number = _rows++;
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
                throw new DatasetException($"'{path}' line {line} has the label '{cell}', not {GlueLabel.Expected(task)}.") { LacksLabels = cell == GlueLabel.Hidden };
            if (label is null)
            {
                Reject(line, $"label '{cell}'");
                return;
            }
        }

        var index = columns.Index(cells) ?? number.ToString(CultureInfo.InvariantCulture);
        _examples.Add(new GlueExample(columns.Text(cells), columns.Pair(cells), label, line, index));
    }

    private void Reject(int line, string reason)
    {
        if (strict)
            throw new DatasetException($"'{path}' line {line} does not fit {task.Name}: {reason}.");
        _skipped.Add(line, reason);
    }

    private static string Columns(int count) => count == 1 ? "1 column" : $"{count} columns";
}
