using VkSparseGrad.Models;

namespace VkSparseGrad.Samples.FrameBudget;

/// <summary>Sequences of random tokens with random labels: enough to keep a device busy.</summary>
internal static class RandomExamples
{
    public static TokenizedExample[] Make(BertConfig config, int count)
    {
        var random = new Random(1);
        var examples = new TokenizedExample[count];
        for (int i = 0; i < count; i++)
        {
            var ids = new int[random.Next(4, Math.Min(32, config.LongestSequence))];
            for (int t = 0; t < ids.Length; t++)
            {
                ids[t] = random.Next(config.VocabularySize);
            }

            examples[i] = new TokenizedExample(ids, new int[ids.Length], random.Next(2));
        }

        return examples;
    }
}
