using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>How a trained BERT is written.</summary>
public sealed record BertSaveOptions
{
    /// <summary>The words for the labels, in order; null keeps the source's if there are as many, else <c>LABEL_0</c> and so on.</summary>
    public IReadOnlyList<string>? LabelNames { get; init; }

    /// <summary>The element type of all weights: F64, F32, F16 or BF16; null keeps the source's type of each, F32 for new ones.</summary>
    public SafetensorsType? WeightType { get; init; }

    /// <summary>
    /// Whether a source without the <c>bert.</c> prefix stays without it. The default adds it, because transformers
    /// refuses a file that has a classifier beside a trunk without prefix.
    /// </summary>
    public bool KeepBareNames { get; init; }
}
