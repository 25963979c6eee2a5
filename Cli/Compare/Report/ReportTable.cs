namespace VkSparseGrad.Cli.Compare.Report;

/// <summary>A table of the report, of cells as people read them.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Note">How to read it; null where that is plain.</param>
/// <param name="Columns">The heads.</param>
/// <param name="Rows">As many cells each.</param>
internal sealed record ReportTable(string Title, string? Note, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows);

/// <summary>A plot of the report.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="File">The PNG, relative to the report.</param>
internal sealed record ReportPlot(string Title, string File);

/// <summary>All of a report.</summary>
/// <param name="Title">Its title.</param>
/// <param name="Results">The tables of results, in their order.</param>
/// <param name="Plots">In their order.</param>
/// <param name="Settings">The tables of settings, in their order.</param>
/// <param name="Devices">Each device with its driver.</param>
/// <param name="Source">The command line or file that makes it again.</param>
internal sealed record ReportContent(
    string Title, IReadOnlyList<ReportTable> Results, IReadOnlyList<ReportPlot> Plots, IReadOnlyList<ReportTable> Settings,
    IReadOnlyList<string> Devices, string Source);
