namespace VkSparseGrad.Models.Llama;

/// <summary>Dimensions and constants of a decoder of LLaMA's architecture. Touvron et al., arXiv:2307.09288.</summary>
/// <remarks>Names follow Hugging Face's <c>config.json</c>; reading that file is the job of ModelLoaders.</remarks>
public sealed record LlamaConfig
{
    /// <summary>Rows of the word embedding table.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Width of the hidden states.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Number of query heads; a multiple of <see cref="KeyValueHeads"/>.</summary>
    public required int Heads { get; init; }

    /// <summary>Number of key and value heads, each shared by a group of query heads. Ainslie et al., arXiv:2305.13245.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Width of a head; even. Hidden size / heads in most models.</summary>
    public required int HeadWidth { get; init; }

    /// <summary>Width of the MLP's inner activation.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Most tokens of a sequence.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>The epsilon added to the mean square in every RMSNorm.</summary>
    public float RmsNormEpsilon { get; init; } = 1e-6f;

    /// <summary>The base of the rotary embedding's wavelengths. Su et al., arXiv:2104.09864.</summary>
    public double RotaryBase { get; init; } = 10000;

    /// <summary>How the rotary frequencies are stretched, or null for not at all.</summary>
    public RotaryScaling? RotaryScaling { get; init; }

    /// <summary>Whether the output layer's weight is the word embedding table.</summary>
    public bool TiesEmbeddings { get; init; }

    /// <summary>Whether the four attention layers have biases.</summary>
    public bool HasAttentionBias { get; init; }

    /// <summary>Whether the three layers of the MLP have biases.</summary>
    public bool HasMlpBias { get; init; }

    /// <summary>The token that a text begins with, or null if there is none.</summary>
    public int? BeginTokenId { get; init; }

    /// <summary>The tokens of which each ends a text; usually one.</summary>
    public IReadOnlyList<int> EndTokenIds { get; init; } = [];

    /// <summary>The token that stands for nothing, or null if there is none, which is usual.</summary>
    public int? PaddingTokenId { get; init; }
}
