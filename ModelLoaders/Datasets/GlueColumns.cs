namespace VkSparseGrad.ModelLoaders.Datasets;

/// <summary>Where a file's cells are.</summary>
internal sealed class GlueColumns
{
    private readonly int? _index;
    private readonly int _text;
    private readonly int? _pair;
    private readonly int? _label;

    /// <param name="names">The columns of the file.</param>
    /// <param name="task">The task that says which of them count.</param>
    /// <param name="labelled">Whether the label is read.</param>
    /// <exception cref="DatasetException">A column is not there, or there twice.</exception>
    public GlueColumns(IReadOnlyList<string> names, GlueTask task, bool labelled)
    {
        Count = names.Count;
        _index = names.Contains(task.Index) ? IndexOf(names, task.Index) : null;
        _text = IndexOf(names, task.Text);
        _pair = task.Pair is { } pair ? IndexOf(names, pair) : null;
        _label = labelled ? IndexOf(names, task.Label) : null;
    }

    public int Count { get; }

    public string? Index(string[] cells) => _index is { } index ? cells[index] : null;

    public string Text(string[] cells) => cells[_text];

    public string? Pair(string[] cells) => _pair is { } pair ? cells[pair] : null;

    public string? Label(string[] cells) => _label is { } label ? cells[label] : null;

    private static int IndexOf(IReadOnlyList<string> names, string name)
    {
        int? found = null;
        for (var index = 0; index < names.Count; index++)
        {
            if (names[index] == name)
                found = found is null ? index : throw new DatasetException($"there are two columns '{name}'");
        }

        return found ?? throw new DatasetException($"there is no column '{name}'");
    }
}
