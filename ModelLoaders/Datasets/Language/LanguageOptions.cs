namespace VkSparseGrad.ModelLoaders.Datasets.Language;

/// <summary>How texts become blocks for training and validation.</summary>
public sealed record LanguageOptions
{
    private readonly int _blockSize;
    private readonly double _validationShare = 0.1;

    /// <summary>Most tokens of a block, at least 2.</summary>
    public required int BlockSize
    {
        get => _blockSize;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TextPacker.SmallestBlock);
            _blockSize = value;
        }
    }

    /// <summary>The share of trees, or documents, kept for validation where no file is; from 0, which keeps none, to below 1.</summary>
    public double ValidationShare
    {
        get => _validationShare;
        init
        {
            if (!(value is >= 0 and < 1))
                throw new ArgumentOutOfRangeException(nameof(value), value, "The share is from 0 to below 1.");
            _validationShare = value;
        }
    }

    /// <summary>Chooses which they are.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whether a row that cannot be read is an error; otherwise it is skipped and counted.</summary>
    public bool Strict { get; init; }
}
