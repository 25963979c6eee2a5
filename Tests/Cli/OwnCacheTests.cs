namespace VkSparseGrad.Tests.Cli;

/// <summary>Tests of commands that run in this process, with a cache folder that is theirs and not the user's.</summary>
public abstract class OwnCacheTests
{
    private static OwnCache? _cache;

    private protected static string CacheFolder => _cache!.Path;

    /// <summary>Takes the folder.</summary>
    [ClassInitialize(InheritanceBehavior.BeforeEachDerivedClass)]
    public static void UseOwnCache(TestContext context)
    {
        _ = context;
        _cache = new OwnCache();
    }

    /// <summary>Gives the user's back.</summary>
    [ClassCleanup(InheritanceBehavior.BeforeEachDerivedClass)]
    public static void Clean() => _cache?.Dispose();
}
