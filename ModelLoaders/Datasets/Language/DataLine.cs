namespace VkSparseGrad.ModelLoaders.Datasets.Language;

/// <summary>A line of a file.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Offset">Where it begins in the file, in bytes.</param>
/// <param name="Bytes">Without its end; only until the next line is read. Empty where it is too long.</param>
/// <param name="IsTooLong">Whether it is longer than a line may be.</param>
internal readonly record struct DataLine(int Number, long Offset, ReadOnlyMemory<byte> Bytes, bool IsTooLong);
