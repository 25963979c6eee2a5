namespace VkSparseGrad.Cli.Output;

/// <summary>The place of a file to write, looked at before any work.</summary>
internal static class OutputFile
{
    /// <param name="path">The place.</param>
    /// <param name="overwrite">Whether another file may be replaced.</param>
    /// <param name="inputs">Files that are read from and must not be lost.</param>
    /// <param name="option">The option that names it, for messages.</param>
    /// <exception cref="IOException">The place is taken.</exception>
    public static void Check(string path, bool overwrite, IEnumerable<string> inputs, string option = "--output")
    {
        if (Directory.Exists(path))
            throw new IOException($"{option} {path} is a folder; name a file.");
        if (File.Exists(FolderOf(path)))
            throw new IOException($"{option} {FolderOf(path)} is a file; choose another name.");
        if (!File.Exists(path))
            return;
        if (inputs.Any(input => Path.GetFullPath(input) == Path.GetFullPath(path)))
            throw new IOException($"{option} {path} is read from; choose another name.");
        if (!overwrite)
            throw new IOException($"{option} {path} exists; choose another name, or replace it with --overwrite.");
    }

    /// <summary>Makes the folder that a file is written to.</summary>
    public static void MakeFolder(string path) => Directory.CreateDirectory(FolderOf(path));

    private static string FolderOf(string path) => Path.GetDirectoryName(Path.GetFullPath(path))!;
}
