namespace VkSparseGrad.ModelLoaders.Safetensors;

/// <summary>Recognises the files that most often lie where weights should be.</summary>
internal static class ForeignContent
{
    /// <summary>What a file that begins with these bytes is, with the remedy; null if it is not recognised.</summary>
    public static string? Describe(ReadOnlySpan<byte> start)
    {
        ReadOnlySpan<byte> text = start.StartsWith("\uFEFF"u8) ? start[3..] : start;
        text = text.TrimStart(" \t\r\n"u8);
        if (text.StartsWith("version https://git-lfs"u8))
            return "this is a Git LFS pointer, the weights themselves were not downloaded; run 'git lfs pull' in the model's repository, or download the file again";
        if (text.StartsWith("<"u8))
            return "this is a web page or other markup (it begins with '<'), not weights; download the file again and check the address and the permissions";
        if (start.StartsWith("PK\x03\x04"u8))
            return "this is a ZIP archive, perhaps a PyTorch .bin or .pt file under another name; convert it to safetensors";
        if (start.StartsWith("GGUF"u8))
            return "this is a GGUF file; get the model in safetensors format";
        if (start.Length >= 8 && start[..8].IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0)
            return "this is a text file, not weights; download the file again";
        return null;
    }
}
