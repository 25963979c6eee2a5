using System.Globalization;
using System.Text;

namespace VkSparseGrad.ModelLoaders.Safetensors;

/// <summary>Makes text that came out of a file fit for a one-line message.</summary>
internal static class Printable
{
    private const int Longest = 120;

    /// <summary>The text in quotes, control characters escaped, cut if very long.</summary>
    public static string Quote(string text)
    {
        var result = new StringBuilder("'");
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, Longest)))
        {
            if (char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029')
                result.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                result.Append(c);
        }

        return result.Append(text.Length > Longest ? "...'" : "'").ToString();
    }

    /// <summary>Dimensions as <c>[3, 8]</c>.</summary>
    public static string Shape(IEnumerable<long> shape) =>
        $"[{string.Join(", ", shape.Select(d => d.ToString(CultureInfo.InvariantCulture)))}]";
}
