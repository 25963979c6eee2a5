using System.Globalization;

namespace VkSparseGrad.Tests.Text;

/// <summary>A culture that writes 0,05 and has Turkish casing where the runtime knows it; in force until disposed.</summary>
internal sealed class ForeignCulture : IDisposable
{
    private readonly CultureInfo _before = CultureInfo.CurrentCulture;

    public ForeignCulture()
    {
        // In invariant globalization mode a culture's name alone changes nothing, so its formats are set here.
        var culture = (CultureInfo)new CultureInfo("tr-TR").Clone();
        culture.NumberFormat.NumberDecimalSeparator = ",";
        culture.NumberFormat.NumberGroupSeparator = ".";
        culture.NumberFormat.NegativeSign = "~";
        CultureInfo.CurrentCulture = culture;
    }

    public void Dispose() => CultureInfo.CurrentCulture = _before;
}
