namespace VkSparseGrad.ModelLoaders.Datasets.Chat;

/// <summary>A row does not hold what it should; the message is the reason, as <see cref="SkippedRows"/> lists it.</summary>
internal sealed class BadRowException(string reason) : Exception(reason);
