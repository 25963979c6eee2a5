namespace VkSparseGrad.Tests.Cli;

/// <summary>A cache folder of its own in place of the user's, for this process and its children; in force until disposed.</summary>
internal sealed class OwnCache : IDisposable
{
    private const string Variable = "XDG_CACHE_HOME";

    private readonly string? _before = Environment.GetEnvironmentVariable(Variable);
    private readonly TempFolder _folder = new();

    public OwnCache() => Environment.SetEnvironmentVariable(Variable, Path);

    public string Path => _folder.Path;

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(Variable, _before);
        _folder.Dispose();
    }
}
