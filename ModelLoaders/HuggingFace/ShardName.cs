using System.Text.RegularExpressions;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>The rule for names that come from an index, which anybody may have written: they must not lead out of the folder.</summary>
internal static partial class ShardName
{
    public const string Extension = ".safetensors";

    private const int Longest = 255;
    private const int MostLinks = 40;

    /// <summary>Whether a name is that of a file in a folder, on any system: it has no separator, drive or control character.</summary>
    public static bool IsPlain(string name) =>
        name.Length is > 0 and <= Longest
        && name.EndsWith(Extension, StringComparison.Ordinal)
        && !name.Any(c => c is '/' or '\\' or ':' || char.IsControl(c));

    /// <summary>Refuses a link that is not to another plain file of the folder. Nothing is opened.</summary>
    /// <exception cref="ModelFolderException">The shard is such a link.</exception>
    public static void RequireInside(string folder, string shard)
    {
        string at = shard;
        if (IsCacheLink(folder, new FileInfo(Path.Combine(folder, shard)).LinkTarget))
            return;
        for (int links = 0; new FileInfo(Path.Combine(folder, at)).LinkTarget is { } target; links++)
        {
            if (!IsPlain(target) || links == MostLinks)
            {
                throw new ModelFolderException(Path.Combine(folder, shard), $"this is a link to {Safetensors.Printable.Quote(target)}, which is not a file beside it; " +
                    "shards are not followed out of the model's folder, so put the file itself there");
            }

            at = target;
        }
    }

    /// <summary>Whether a link is one of Hugging Face's cache, which keeps a model's files under their hashes two folders above and
    /// has nothing else there.</summary>
    private static bool IsCacheLink(string folder, string? target) =>
        target is not null
        && Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(folder))) == "snapshots"
        && CacheTarget().IsMatch(target);

    [GeneratedRegex(@"\A\.\./\.\./blobs/[0-9a-f]{40,64}\z")]
    private static partial Regex CacheTarget();
}
