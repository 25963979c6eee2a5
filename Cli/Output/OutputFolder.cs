using VkSparseGrad.Cli.Adapters;
using VkSparseGrad.Cli.InspectGradients;
using VkSparseGrad.Cli.Train;

namespace VkSparseGrad.Cli.Output;

/// <summary>The folder of a result: filled aside, then put in its place as a whole, or not at all.</summary>
internal sealed class OutputFolder : IDisposable
{
    // Every result has one of these.
    private static readonly string[] ResultFiles = [MetricsFile.Name, GradientsFile.Name, MergeFile.Name];

    private readonly string path;
    private readonly List<string> madeParents;
    private bool isPublished;

    private OutputFolder(string path, string aside, List<string> madeParents)
    {
        this.path = path;
        this.madeParents = madeParents;
        Aside = aside;
    }

    /// <summary>Where to write until <see cref="Publish"/>.</summary>
    public string Aside { get; }

    /// <summary>Makes the folder to fill, beside the output's place.</summary>
    /// <param name="output">The output's place.</param>
    /// <param name="overwrite">Whether an earlier result may be replaced.</param>
    /// <param name="inputs">Folders that are read from and must not be lost.</param>
    /// <exception cref="IOException">The output's place is taken, or cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">The output's place cannot be written to.</exception>
    public static OutputFolder Begin(string output, bool overwrite, params ReadOnlySpan<string> inputs)
    {
        string path = Real(output);
        Check(path, overwrite, inputs);
        string parent = Path.GetDirectoryName(path)!;
        List<string> made = MakeParents(parent);
        string aside = Path.Combine(parent, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.tmp");
        Directory.CreateDirectory(aside);
        return new OutputFolder(path, aside, made);
    }

    /// <summary>Puts the filled folder in its place.</summary>
    public void Publish()
    {
        string old = Aside + ".old";
        bool replaces = Directory.Exists(path);
        if (replaces)
            Directory.Move(path, old);
        try
        {
            Directory.Move(Aside, path);
        }
        catch
        {
            if (replaces)
                Directory.Move(old, path);
            throw;
        }

        isPublished = true;
        if (replaces)
            Directory.Delete(old, recursive: true);
    }

    /// <summary>Removes whatever was made and not published.</summary>
    public void Dispose()
    {
        if (isPublished)
            return;
        if (Directory.Exists(Aside))
            Directory.Delete(Aside, recursive: true);
        foreach (string parent in madeParents)
        {
            if (Directory.Exists(parent) && !Directory.EnumerateFileSystemEntries(parent).Any())
                Directory.Delete(parent);
        }
    }

    private static void Check(string path, bool overwrite, ReadOnlySpan<string> inputs)
    {
        if (Path.GetDirectoryName(path) is null || Contains(path, Real(".")))
            throw new IOException($"--output {path} is the working folder or holds it; name a folder of its own.");
        foreach (string input in inputs)
        {
            if (Contains(path, Real(input)))
                throw new IOException($"--output {path} is or holds {input}, which is read from; choose another folder.");
        }

        if (File.Exists(path))
            throw new IOException($"--output {path} is a file; choose another name.");
        if (!Directory.Exists(path) || !Directory.EnumerateFileSystemEntries(path).Any())
            return;
        if (!overwrite)
            throw new IOException($"--output {path} exists and is not empty; choose another folder, or replace an earlier result with --overwrite.");
        if (!Array.Exists(ResultFiles, file => File.Exists(Path.Combine(path, file))))
            throw new IOException($"--output {path} holds no {string.Join(" or ", ResultFiles)}, so it is not an earlier result and is left alone; choose another folder.");
    }

    /// <summary>The absolute path, with links followed.</summary>
    private static string Real(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string? parent = Path.GetDirectoryName(full);
        if (parent is null)
            return full;
        string target = Directory.Exists(full) && Directory.ResolveLinkTarget(full, returnFinalTarget: true) is { } link ? link.FullName : full;
        return target == full ? Path.Combine(Real(parent), Path.GetFileName(full)) : Real(target);
    }

    private static bool Contains(string folder, string path) =>
        path == folder || path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>Makes the folders on the way; returns those that were not there, the innermost first.</summary>
    private static List<string> MakeParents(string folder)
    {
        var made = new List<string>();
        for (string? at = folder; at is not null && !Directory.Exists(at); at = Path.GetDirectoryName(at))
            made.Add(at);
        Directory.CreateDirectory(folder);
        return made;
    }
}
