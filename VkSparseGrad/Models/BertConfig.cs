namespace VkSparseGrad.Models;

/// <summary>Dimensions and constants of a BERT or RoBERTa encoder with a sequence classification head.</summary>
/// <remarks>Names follow the paper and Hugging Face's <c>config.json</c>; reading that file is the job of ModelLoaders.</remarks>
public sealed record BertConfig
{
    /// <summary>BERT or one of its kin.</summary>
    public BertFamily Family { get; init; } = BertFamily.Bert;

    /// <summary>Rows of the word embedding table.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Width of the hidden states; a multiple of <see cref="Heads"/>.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Number of encoder blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Number of attention heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Width of the MLP's inner activation.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Rows of the position embedding table.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>The position of a sequence's first token. RoBERTa's is behind that of padding, which is its padding id.</summary>
    public int FirstPosition { get; init; }

    /// <summary>Most tokens of a sequence.</summary>
    public int LongestSequence => MaxPositions - FirstPosition;

    /// <summary>Rows of the token type (segment) embedding table.</summary>
    public int TokenTypes { get; init; } = 2;

    /// <summary>The epsilon added to the variance in every LayerNorm.</summary>
    public float LayerNormEpsilon { get; init; } = 1e-12f;

    /// <summary>Dropout probability on hidden states, 0 to below 1.</summary>
    public float HiddenDropout { get; init; } = 0.1f;

    /// <summary>Dropout probability on attention probabilities, 0 to below 1.</summary>
    public float AttentionDropout { get; init; } = 0.1f;

    /// <summary>Dropout probability in front of the classifier; <see cref="HiddenDropout"/> where the checkpoint names none.</summary>
    public float ClassifierDropout { get; init; } = 0.1f;

    /// <summary>Outputs of the classifier; 1 means regression.</summary>
    public required int Labels { get; init; }
}
