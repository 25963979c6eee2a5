namespace VkSparseGrad.Models;

/// <summary>The numbers that keep the dropout masks of a model apart.</summary>
internal static class DropoutStreams
{
    /// <summary>On the embeddings.</summary>
    public const uint Embeddings = 0;

    /// <summary>In front of the classifier.</summary>
    public const uint Classifier = 1;

    /// <summary>The first of a block's three.</summary>
    public static uint OfBlock(int index) => 2 + 3 * (uint)index;
}
