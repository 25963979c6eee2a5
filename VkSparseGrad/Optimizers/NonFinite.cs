namespace VkSparseGrad.Optimizers;

/// <summary>Looks for numbers that are not finite.</summary>
internal static class NonFinite
{
    public static bool ContainsAnyNonFinite(this Span<float> values)
    {
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
            {
                return true;
            }
        }

        return false;
    }
}
