using System.Globalization;
using VkSparseGrad.Conformance;

namespace VkSparseGrad.Cli.Conformance;

/// <summary>A report as comma-separated values, a row a case (RFC 4180).</summary>
internal static class ReportCsv
{
    public static void Write(TextWriter output, ConformanceReport report)
    {
        output.WriteLine("device,driver,subgroup_width,mode,op,parameters,status,error_over_limit,message");
        foreach (CaseResult item in report.Cases)
        {
            string[] fields =
            [
                report.Device.Name, report.Device.Driver, report.SubgroupWidth.ToString(CultureInfo.InvariantCulture), report.Mode,
                item.Op, item.Parameters, item.Status.ToString().ToLowerInvariant(),
                item.Error.ToString("R", CultureInfo.InvariantCulture), item.Message ?? "",
            ];
            output.WriteLine(Line(fields));
        }
    }

    public static string Line(params string[] fields) => string.Join(',', fields.Select(Quoted));

    private static string Quoted(string field) =>
        field.AsSpan().IndexOfAny(",\"\r\n") < 0 ? field : $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
