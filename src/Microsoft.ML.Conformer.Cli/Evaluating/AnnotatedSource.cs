using Microsoft.ML.Runtime;

namespace Conformer.Cli.Evaluating;

/// <summary>A file or folder with photos whose objects are marked.</summary>
/// <param name="Format">How it is laid out.</param>
/// <param name="Path">Its full path.</param>
/// <param name="Split">The split of Pascal VOC or YOLO; null for none.</param>
/// <param name="Images">The folder with the images that COCO's .json names; null for its own.</param>
internal sealed record AnnotatedSource(AnnotationFormat Format, string Path, string? Split, string? Images)
{
    /// <param name="mlContext">The ML.NET context.</param>
    /// <param name="warn">Told what is wrong with it.</param>
    /// <param name="classNames">The classes in their order; null for its own.</param>
    /// <returns>A row for each photo.</returns>
    public IDataView Load(MLContext mlContext, Action<string> warn, IReadOnlyList<string>? classNames = null)
    {
        mlContext.Log += Hear;
        try
        {
            return Format switch
            {
                AnnotationFormat.Coco => mlContext.Data.LoadFromCoco(Path, Images, classNames),
                AnnotationFormat.Voc => mlContext.Data.LoadFromPascalVoc(Path, Split, classNames),
                _ => mlContext.Data.LoadFromYolo(Path, Split, classNames),
            };
        }
        finally
        {
            mlContext.Log -= Hear;
        }

        void Hear(object? sender, LoggingEventArgs e)
        {
            if (e.Kind == ChannelMessageKind.Warning)
                warn(CommandWords.Of(e.RawMessage));
        }
    }

    /// <summary>Looks for what spoils training.</summary>
    public DetectionDataReport Check(MLContext mlContext, ImageCheckOptions options) => Format switch
    {
        AnnotationFormat.Coco => mlContext.Data.CheckCoco(Path, Images, options: options),
        AnnotationFormat.Voc => mlContext.Data.CheckPascalVoc(Path, Split, options: options),
        _ => mlContext.Data.CheckYolo(Path, Split, options: options),
    };
}
