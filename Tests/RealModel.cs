using VkSparseGrad.Cli.Demo;

namespace VkSparseGrad.Tests;

/// <summary>all-MiniLM-L6-v2 as a Hugging Face folder, made once for all tests from the package that the build restores.</summary>
internal static class RealModel
{
    private static readonly Lazy<TempFolder> Cache = new();
    private static readonly Lazy<string> Made = new(() => DemoModel.Prepare(DemoPackage.PackagesFolder(), Cache.Value.Path));

    public static string Folder => Made.Value;

    /// <summary>Removes the folder at the end of the run.</summary>
    public static void Delete()
    {
        if (Cache.IsValueCreated)
        {
            Cache.Value.Dispose();
        }
    }
}
