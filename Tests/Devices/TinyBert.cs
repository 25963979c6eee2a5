using VkSparseGrad.Conformance;
using VkSparseGrad.Kernels;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;
using VkSparseGrad.Optimizers;
using VkSparseGrad.Tests.Kernels;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Devices;

/// <summary>The smallest golden model, with dropout, and something to train it on.</summary>
internal static class TinyBert
{
    public static BertCheckpoint Open() =>
        BertCheckpoint.Open(Path.Combine(AppContext.BaseDirectory, "golden", "tiny-bert-classify"), labels: 3);

    public static BertClassifier Load(IKernels kernels, float dropout = 0.1f)
    {
        using BertCheckpoint checkpoint = Open();
        BertConfig config = checkpoint.Config with
        {
            HiddenDropout = dropout, AttentionDropout = dropout, ClassifierDropout = dropout,
        };
        return new BertClassifier(kernels, config, checkpoint);
    }

    /// <summary>Random sequences of random lengths.</summary>
    public static TokenizedExample[] Examples(int count)
    {
        var random = new RandomValues(7);
        return
        [
            .. Enumerable.Range(0, count).Select(_ =>
            {
                int[] ids = [.. Enumerable.Range(0, 1 + random.NextInt(20)).Select(_ => random.NextInt(97))];
                return new TokenizedExample(ids, Array.ConvertAll(ids, _ => random.NextInt(2)), random.NextInt(3));
            }),
        ];
    }

    public static TrainingOptions Options(TrainingMethod method) => new()
    {
        Method = method, BatchSize = 4, PreliminarySteps = 3, Fraction = 0.05, LearningRate = 1e-3, Seed = 11,
        Optimizer = new OptimizerOptions { MaxGradientNorm = 1 },
    };
}
