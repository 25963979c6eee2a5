namespace VkSparseGrad.Tests;

/// <summary>The folder of models and data that is not part of the repository: VKSG_SHARED, or <c>shared</c> beside the solution's
/// folder.</summary>
internal static class SharedFolder
{
    /// <summary>The path of a file or folder in it; the test shows as skipped where it is not there.</summary>
    public static string Require(params string[] parts)
    {
        string path = Path.Combine([Root(), .. parts]);
        if (!Path.Exists(path))
        {
            Assert.Inconclusive($"shared/{string.Join('/', parts)} is not here; set VKSG_SHARED to the folder.");
        }

        return path;
    }

    private static string Root()
    {
        if (Environment.GetEnvironmentVariable("VKSG_SHARED") is { Length: > 0 } configured)
        {
            return configured;
        }

        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "VkSparseGrad.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder?.Parent?.FullName ?? "", "shared");
    }
}
