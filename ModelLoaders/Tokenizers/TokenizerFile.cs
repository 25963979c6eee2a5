namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>Reads a file of a tokenizer, none of which is large.</summary>
internal static class TokenizerFile
{
    private const long MaximumLength = 16 << 20;

    /// <exception cref="InvalidDataException">The file is larger than any tokenizer's.</exception>
    public static byte[] Read(string path)
    {
        var length = new FileInfo(path).Length;
        return length <= MaximumLength
            ? File.ReadAllBytes(path)
            : throw new InvalidDataException($"'{path}' has {length} bytes; a tokenizer's file has at most {MaximumLength}.");
    }
}
