namespace VkSparseGrad.Cli;

/// <summary>The user's cache folder, where everything may be deleted at any time.</summary>
internal static class UserCache
{
    /// <summary><c>XDG_CACHE_HOME</c>, else <c>.cache</c> in the home folder.</summary>
    public static string Root()
    {
        string? configured = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        return string.IsNullOrEmpty(configured)
            ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache")
            : configured;
    }

    /// <summary>A folder of ours in it; not made.</summary>
    public static string Folder(string name) => Path.Combine(Root(), "vksparsegrad", name);
}
