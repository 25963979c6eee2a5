namespace VkSparseGrad.Tests.Text;

/// <summary>The folder of data and models that are not part of the repository: VKSG_SHARED, or <c>shared</c> beside the solution's folder.</summary>
internal static class SharedFiles
{
    /// <summary>The path of a file or folder; the test shows as skipped where it is not there.</summary>
    public static string Require(params string[] parts)
    {
        var path = Path.Combine([Root() ?? "", .. parts]);
        if (Root() is null || !Path.Exists(path))
            Assert.Inconclusive($"shared/{string.Join('/', parts)} is not here; set VKSG_SHARED to the folder.");
        return path;
    }

    private static string? Root()
    {
        if (Environment.GetEnvironmentVariable("VKSG_SHARED") is { Length: > 0 } root)
            return root;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "VkSparseGrad.sln")))
                return Path.Combine(folder.FullName, "..", "shared");
        }

        return null;
    }
}
