namespace Microsoft.ML.Conformer.Detection;

/// <summary>What finds objects in the feature pyramid.</summary>
public enum DetectionHead
{
    /// <summary>Proposes regions, then classifies them and corrects their boxes (Ren et al., NeurIPS 2015).</summary>
    FasterRcnn,

    /// <summary>Faster R-CNN that gives each object a mask too (He et al., ICCV 2017).</summary>
    MaskRcnn,

    /// <summary>Mask R-CNN that corrects the boxes three times, each time stricter (Cai and Vasconcelos, CVPR 2018).</summary>
    CascadeMaskRcnn,

    /// <summary>Classifies and corrects anchors at once, in one stage (Lin et al., ICCV 2017).</summary>
    RetinaNet,
}
