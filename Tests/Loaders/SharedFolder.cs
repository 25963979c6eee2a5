namespace VkSparseGrad.Tests.Loaders;

/// <summary>The folder of models and data that lies beside the repository and is not part of it.</summary>
internal static class SharedFolder
{
    /// <summary>The path of a file in it; the test shows as skipped where the folder is absent.</summary>
    public static string Require(string path)
    {
        string full = Path.Combine(Find(), path);
        if (!Path.Exists(full))
            Assert.Inconclusive($"needs {path} in the folder 'shared' beside the repository (or VKSG_SHARED), which is not there");
        return full;
    }

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable("VKSG_SHARED") is { Length: > 0 } configured)
            return configured;
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "VkSparseGrad.sln")))
            folder = folder.Parent;
        return Path.Combine(folder?.Parent?.FullName ?? "", "shared");
    }
}
