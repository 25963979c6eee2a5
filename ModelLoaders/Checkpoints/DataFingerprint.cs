using System.Runtime.InteropServices;
using System.Security.Cryptography;
using VkSparseGrad.Models;
using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.ModelLoaders.Checkpoints;

/// <summary>Tells one list of examples from another.</summary>
/// <param name="Examples">How many there are.</param>
/// <param name="Hash">SHA-256 of token ids, token types and labels in their order, in hexadecimal digits.</param>
public sealed record DataFingerprint(int Examples, string Hash)
{
    /// <summary>The fingerprint of a list of examples.</summary>
    public static DataFingerprint Of(IReadOnlyCollection<TokenizedExample> examples)
    {
        ArgumentNullException.ThrowIfNull(examples);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (TokenizedExample example in examples)
        {
            Append(hash, [example.Ids.Length, BitConverter.SingleToInt32Bits(example.Label ?? float.NaN)]);
            Append(hash, example.Ids);
            Append(hash, example.TokenTypes);
        }

        return new DataFingerprint(examples.Count, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>The fingerprint of a list of blocks: of each text's token ids, and which of them are predicted.</summary>
    public static DataFingerprint Of(IReadOnlyCollection<TextBlock> blocks)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (TextBlock block in blocks)
        {
            Append(hash, [block.Texts.Count]);
            foreach (LearnedText text in block.Texts)
            {
                Append(hash, [text.Ids.Length]);
                Append(hash, text.Ids);
                Append(hash, Array.ConvertAll(text.IsLearned, learned => learned ? 1 : 0));
            }
        }

        return new DataFingerprint(blocks.Count, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private static void Append(IncrementalHash hash, ReadOnlySpan<int> values) => hash.AppendData(MemoryMarshal.AsBytes(values));
}
