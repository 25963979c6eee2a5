namespace VkSparseGrad.ModelLoaders.Datasets.Language;

/// <summary>The files of a data set.</summary>
/// <param name="Training">The file to learn from.</param>
/// <param name="Validation">The file to measure on; null where that is a share of the other.</param>
internal sealed record DataFiles(string Training, string? Validation)
{
    /// <summary>Both, or the one.</summary>
    public IReadOnlyList<string> Paths { get; } = Validation is null ? [Training] : [Training, Validation];

    /// <summary>Finds them: a file is itself; a folder has <c>train.*</c> and perhaps <c>validation.*</c>, or a single file.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="extensions">The endings that are looked for in a folder, such as <c>.txt</c>.</param>
    /// <exception cref="DatasetException">There is no such file, or more than one.</exception>
    public static DataFiles Find(string path, params string[] extensions)
    {
        if (File.Exists(path))
            return new DataFiles(path, null);
        if (!Directory.Exists(path))
            throw new DatasetException($"'{path}' does not exist; give a file, or a folder with train{extensions[0]} in it.");

        var files = Directory.GetFiles(path).Where(file => extensions.Contains(Path.GetExtension(file))).Order(StringComparer.Ordinal).ToArray();
        var validation = Named(path, files, "validation");
        if (Named(path, files, "train") is { } training)
            return new DataFiles(training, validation);
        if (validation is null && files.Length == 1)
            return new DataFiles(files[0], null);
        var names = string.Join(", ", files.Select(Path.GetFileName));
        throw new DatasetException(
            $"'{path}' has no train{string.Join(" or train", extensions)}, {(files.Length == 0 ? "nor another such file" : $"but {names}")}; name the file to learn from.");
    }

    private static string? Named(string folder, string[] files, string name)
    {
        var found = files.Where(file => Path.GetFileNameWithoutExtension(file) == name).ToArray();
        return found.Length > 1
            ? throw new DatasetException($"'{folder}' has {string.Join(" and ", found.Select(Path.GetFileName))}; leave one.")
            : found.SingleOrDefault();
    }
}
