using System.Security.Cryptography;
using System.Text;

namespace VkSparseGrad.ModelLoaders.Checkpoints;

/// <summary>Tells the content of files apart.</summary>
public static class FileFingerprint
{
    /// <summary>SHA-256 of a file, in hexadecimal digits.</summary>
    public static string Of(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>That of a file, or of several the SHA-256 of theirs, in hexadecimal digits.</summary>
    /// <param name="paths">At least one; their order matters, their names do not.</param>
    public static string Of(IReadOnlyList<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return paths.Count == 1 ? Of(paths[0]) : Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Concat(paths.Select(Of)))));
    }
}
