using System.Text;

namespace VkSparseGrad.ModelLoaders.Safetensors;

/// <summary>The rule for names of tensors that are to be written.</summary>
internal static class SafetensorsNames
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <exception cref="ArgumentException">The name is reserved, or is no valid Unicode and would come back changed.</exception>
    public static void Require(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name == SafetensorsHeader.MetadataKey)
            throw new ArgumentException($"{name} is reserved, it cannot name a tensor", nameof(name));
        try
        {
            Strict.GetByteCount(name);
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException($"the tensor name {Printable.Quote(name)} is not valid Unicode", nameof(name), e);
        }
    }
}
