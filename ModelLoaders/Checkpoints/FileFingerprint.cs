using System.Security.Cryptography;

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
}
