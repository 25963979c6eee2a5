using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>How a trained LLaMA is written.</summary>
public sealed record LlamaSaveOptions
{
    /// <summary>Of a classifier the words for the labels, in order; null keeps the source's if there are as many, else <c>LABEL_0</c>
    /// and so on.</summary>
    public IReadOnlyList<string>? LabelNames { get; init; }

    /// <summary>The element type of all weights: F64, F32, F16 or BF16; null keeps the source's type of each, F32 for new ones.</summary>
    public SafetensorsType? WeightType { get; init; }

    /// <summary>
    /// Whether a trunk that came without the <c>model.</c> prefix gets it. By default names stay as they came; but transformers'
    /// classifiers refuse a file that has a classifier beside a trunk without prefix.
    /// </summary>
    public bool AddPrefix { get; init; }
}
