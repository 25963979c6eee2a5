using VkSparseGrad.Models;

namespace VkSparseGrad.Benchmarks.Models;

/// <summary>Random sequences with random labels.</summary>
internal static class RandomExamples
{
    /// <param name="config">The model they are for.</param>
    /// <param name="sequences">How many.</param>
    /// <param name="length">Tokens of each.</param>
    public static TokenizedExample[] Make(BertConfig config, int sequences, int length)
    {
        var random = new Random(1);
        return
        [
            .. Enumerable.Range(0, sequences).Select(i => new TokenizedExample(
                [.. Enumerable.Range(0, length).Select(_ => random.Next(config.VocabularySize))], new int[length], i % config.Labels)),
        ];
    }
}
